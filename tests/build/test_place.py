"""A named place, with the map servers played by a server in this process."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from mapprior.build.pipeline import BuildRequest, build_market
from mapprior.build.place import PlaceServers, read_elements
from mapprior.build.source import SourceMap
from mapprior.errors import RemoteError, SourceError, UnreachableError

osmnx = pytest.importorskip("osmnx")

BORDER = [[8.0, 50.0], [8.01, 50.0], [8.01, 50.01], [8.0, 50.01], [8.0, 50.0]]
PLACE = {
    "importance": 1.0,
    "boundingbox": ["50.0", "50.01", "8.0", "8.01"],
    "lat": "50.005",
    "lon": "8.005",
    "geojson": {"type": "Polygon", "coordinates": [BORDER]},
}
ELEMENTS = [
    {"type": "node", "id": 1, "lat": 50.001, "lon": 8.001},
    {"type": "node", "id": 2, "lat": 50.002, "lon": 8.002, "tags": {"barrier": "gate"}},
    {"type": "node", "id": 3, "lat": 50.003, "lon": 8.003},
    {"type": "way", "id": 7, "version": 3, "timestamp": "2024-05-01T00:00:00Z", "nodes": [1, 2],
     "tags": {"highway": "residential", "maxspeed": "50"}},
    {"type": "way", "id": 8, "version": 1, "nodes": [2, 3], "tags": {"highway": "residential", "maxspeed": "30"}},
    {"type": "relation", "id": 9, "version": 1, "tags": {"type": "restriction", "restriction": "no_straight_on"},
     "members": [{"type": "way", "ref": 7, "role": "from"}, {"type": "node", "ref": 2, "role": "via"},
                 {"type": "way", "ref": 8, "role": "to"}]},
]  # fmt: skip


class Servers:
    def __init__(self) -> None:
        self.queries: list[str] = []
        self.places: list[object] = [PLACE]
        self.remarks: dict[str, str] = {}
        self.elements: list[dict[str, object]] = ELEMENTS
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._say(outer.places)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.queries.append(parse_qs(body)["data"][0])
                time = {"timestamp_osm_base": "2024-06-01T00:00:00Z"}
                self._say({"osm3s": time, "elements": outer.elements, **outer.remarks})

            def _say(self, answer: object) -> None:
                data = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("localhost", 0), Handler)
        url = f"http://localhost:{self.server.server_port}"
        self.servers = PlaceServers(f"{url}/api", f"{url}/", timeout_sec=10, waits_for_slot=False)


@pytest.fixture
def servers() -> Iterator[Servers]:
    made = Servers()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_a_place_gives_the_same_raw_ways_and_leaves_osmnx_as_it_was(tmp_path, servers):
    before = {k: v for k, v in vars(osmnx.settings).items() if not k.startswith("_")}, socket.getaddrinfo
    request = BuildRequest(market="DE", out_dir=tmp_path / "DE", place="Somewhere", servers=servers.servers)
    report = build_market(request)
    assert (report.counts["links"], report.counts["restrictions"], report.release) == (4, 1, "2024-06-01")
    assert report.sources[0].name == "Somewhere" and report.sources[0].time == "2024-06-01T00:00:00Z"
    assert 'rel(bw.roads)["type"~"^restriction"]' in servers.queries[0]
    assert before == ({k: v for k, v in vars(osmnx.settings).items() if not k.startswith("_")}, socket.getaddrinfo)


def test_a_place_that_does_not_exist(tmp_path, servers):
    servers.places = []
    with pytest.raises(SourceError, match="'Nowhere': not found"):
        build_market(BuildRequest(market="DE", out_dir=tmp_path / "DE", place="Nowhere", servers=servers.servers))


def test_an_answer_that_broke_off_is_never_a_map(tmp_path, servers):
    servers.remarks = {"remark": 'runtime error: Query timed out in "query" at line 1 after 180 seconds.'}
    with pytest.raises(RemoteError, match=r"'Somewhere': the map server did not answer in full: .* timed out"):
        build_market(BuildRequest(market="DE", out_dir=tmp_path / "DE", place="Somewhere", servers=servers.servers))
    assert not (tmp_path / "DE").exists()


@pytest.mark.parametrize("odd", [{"type": "node", "id": 4}, {"type": "way", "id": 4, "nodes": None}, {"id": 4}])
def test_an_element_that_is_none_is_one_clear_error(tmp_path, servers, odd):
    servers.elements = [*ELEMENTS, odd]
    with pytest.raises(RemoteError, match="'Somewhere': an element of the answer is no OpenStreetMap data"):
        build_market(BuildRequest(market="DE", out_dir=tmp_path / "DE", place="Somewhere", servers=servers.servers))


def test_a_place_without_a_border(tmp_path, servers):
    servers.places = [{**PLACE, "geojson": {"type": "Point", "coordinates": [8, 50]}}]
    with pytest.raises(SourceError, match="no border"):
        build_market(BuildRequest(market="DE", out_dir=tmp_path / "DE", place="A tree", servers=servers.servers))


def test_without_network_the_error_says_so(tmp_path):
    with socket.create_server(("localhost", 0)) as closed:
        port = closed.getsockname()[1]
    nobody = PlaceServers(f"http://localhost:{port}/api", f"http://localhost:{port}/", waits_for_slot=False)
    with pytest.raises(UnreachableError, match=r"cannot be reached .* needs network"):
        build_market(BuildRequest(market="DE", out_dir=tmp_path / "DE", place="Berlin", servers=nobody))
    assert not (tmp_path / "DE").exists()


def test_elements_may_come_twice_and_in_any_order():
    once, twice = SourceMap(), SourceMap()
    read_elements("x", ELEMENTS, once)
    read_elements("x", [*ELEMENTS[::-1], *ELEMENTS], twice)
    assert once == twice and once.node_tags == {2: {"barrier": "gate"}}
