"""`mapprior drive` as a person runs it, against the real server."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mapprior.geo.units import E7
from mapprior.service.embedded import EmbeddedServer
from mapprior.service.settings import Settings
from tests.asciimap import Drawn
from tests.service.serving import serving, straight_road, unhurried, write_market

RUN = (sys.executable, "-c", "from mapprior.cli.main import app; app(prog_name='mapprior')", "drive")
PATIENCE_SEC = 60.0


@pytest.fixture(scope="module")
def road() -> Drawn:
    return straight_road()


@pytest.fixture
async def server(road: Drawn, tmp_path: Path) -> AsyncIterator[EmbeddedServer]:
    tiles = write_market(tmp_path / "ZZ", road)
    async with serving(unhurried(Settings(tiles=(tiles,), listen=(f"unix:{tmp_path}/s.sock",)))) as running:
        yield running


async def run(*options: str) -> tuple[int, str, str]:
    """(exit code, standard output, standard error)."""
    process = await asyncio.create_subprocess_exec(
        *RUN, *options, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE_SEC)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def at(road: Drawn, letters: str, offset_m: float) -> str:
    lat_e7, lon_e7 = road.at(letters, offset_m)
    return f"{lat_e7 / E7:.7f},{lon_e7 / E7:.7f}"


@pytest.mark.parametrize("times", ["stated", "assumed"])
async def test_a_trace_is_driven_and_every_update_is_a_line_of_json(
    server: EmbeddedServer, road: Drawn, tmp_path: Path, times: str
) -> None:
    trace = tmp_path / "drive.csv"
    rows = ["pose_time_us,lat_deg,lon_deg"]
    rows += [
        f"{p.pose_time_us if times == 'stated' else ''},{p.lat_e7 / E7:.7f},{p.lon_e7 / E7:.7f}"
        for p in road.poses("ABC", speed_mps=20.0, rate_hz=1.0)
        if p.lat_e7 is not None and p.lon_e7 is not None
    ]
    trace.write_text("\n".join(rows))
    lines = tmp_path / "horizon.jsonl"
    code, out, err = await run(server.address, "--trace", str(trace), "--speed-factor", "1000", "--jsonl", str(lines))
    assert (code, err) == (0, "")
    assert "\x1b" not in out, "control codes where there is no terminal"
    assert "TRACKING" in out
    said = f"the trace states no times: its {len(rows) - 1} poses are taken to be driven at 50 km/h"
    assert (said in out.splitlines()) is (times == "assumed")
    seen = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [x["update_index"] for x in seen] == list(range(1, len(seen) + 1))
    assert {x["times"] for x in seen} == {times}
    last = seen[-1]
    assert last["state"] == "TRACKING"
    assert last["market"] == "ZZ"
    (root,) = (path for path in last["paths"] if path["path_id"] == last["position"]["path_id"])
    assert root["limits"][0]["value"] == 50
    assert {lane["lane_index"] for lane in root["lanes"]} == {0, 1}


async def test_a_route_is_found_and_driven_to_its_end(server: EmbeddedServer, road: Drawn) -> None:
    route = f"{at(road, 'AB', 20.0)};{at(road, 'BC', 50.0)}"
    code, out, err = await run(
        server.address, "--route", route, "--rate-hz", "5", "--speed-factor", "1000", "--jsonl", "-"
    )
    assert code == 0
    assert "TRACKING" in err, "what people read goes to standard error where JSON goes to standard output"
    seen = [json.loads(line) for line in out.splitlines()]
    links = list(dict.fromkeys(x["position"]["link_id"] for x in seen if x["position"]))
    assert links == [str(road.link("AB").link_id), str(road.link("BC").link_id)]


async def test_a_lorry_in_the_rain_is_told_that_the_route_is_one_for_cars(server: EmbeddedServer, road: Drawn) -> None:
    route = f"{at(road, 'AB', 20.0)};{at(road, 'BC', 50.0)}"
    lorry = ("--vehicle", "truck", "--mass-kg", "12000", "--trailer", "--conditions", "wet=yes")
    code, out, err = await run(
        server.address, "--route", route, "--rate-hz", "5", "--speed-factor", "1000", "--jsonl", "-", *lorry
    )
    assert code == 0
    assert "the route is one for cars" in err
    assert json.loads(out.splitlines()[-1])["state"] == "TRACKING"


async def test_only_what_is_asked_for_comes_and_as_often(server: EmbeddedServer, road: Drawn) -> None:
    route = f"{at(road, 'AB', 20.0)};{at(road, 'BC', 50.0)}"
    asked = ("--profiles", "road,geometry:100:0:root", "--position-interval-ms", "200")
    code, out, _ = await run(
        server.address, "--route", route, "--rate-hz", "20", "--speed-factor", "4", "--jsonl", "-", *asked
    )
    assert code == 0
    seen = [json.loads(line) for line in out.splitlines()]
    (root,) = (path for path in seen[-1]["paths"] if path["path_id"] == seen[-1]["position"]["path_id"])
    assert root["links"][0]["names"] == ["Long Road"]
    assert root["lanes"] == []
    assert root["limits"], "limits always come"
    assert {x["state"] for x in root["coverage"] if x["layer"] == "L2"} == {"NOT_SUBSCRIBED"}


@pytest.mark.parametrize(
    ("places", "code", "says"),
    [
        ([(-60.5, -100.5)] * 3, 1, "tiles cover ZZ; nothing here"),
        ([(50.003, 8.003)] * 3, 1, "no road of the map was found at any pose"),
        ([(50.003, 8.003), None], 0, ""),
    ],
    ids=["no map", "off the road", "then on it"],
)
async def test_the_code_says_whether_a_road_was_found(
    server: EmbeddedServer, road: Drawn, tmp_path: Path, places: list[tuple[float, float] | None], code: int, says: str
) -> None:
    trace = tmp_path / "drive.csv"
    rows = ["pose_time_us,lat_deg,lon_deg"]
    for i, place in enumerate(places):
        where = at(road, "AB", 50.0) if place is None else f"{place[0]},{place[1]}"
        rows.append(f"{1_000_000 + 20_000_000 * i},{where}")
    trace.write_text("\n".join(rows))
    got, _, err = await run(server.address, "--trace", str(trace), "--speed-factor", "1000")
    assert (got, err.strip()) == (code, says)


async def test_a_server_that_starts_later_is_waited_for(road: Drawn, tmp_path: Path) -> None:
    tiles = write_market(tmp_path / "ZZ", road)
    address = f"unix:{tmp_path}/late.sock"
    route = f"{at(road, 'AB', 20.0)};{at(road, 'BC', 50.0)}"
    process = await asyncio.create_subprocess_exec(
        *RUN, address, "--route", route, "--speed-factor", "1000", stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    said = (await asyncio.wait_for(process.stderr.readline(), PATIENCE_SEC)).decode()
    assert said == f"no server answers at {address} yet; waiting up to 30 s for it\n"
    async with serving(unhurried(Settings(tiles=(tiles,), listen=(address,)))):
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE_SEC)
    assert (process.returncode, err.decode()) == (0, "")
    assert "TRACKING" in out.decode()


async def test_how_long_it_waited_is_said_where_no_server_came(tmp_path: Path) -> None:
    code, _, err = await run(f"unix:{tmp_path}/nobody.sock", "--route", "1,1;2,2", "--wait-sec", "0.5")
    first, last = err.splitlines()
    assert code == 1
    assert first.endswith("yet; waiting up to 0.5 s for it") and last.endswith("; waited 0.5 s")


async def test_an_address_without_a_port_is_refused() -> None:
    code, _, err = await run("127.0.0.1", "--route", "1,1;2,2")
    assert (code, err.count("\n")) == (2, 1)
    assert "HOST:PORT" in err


@pytest.mark.parametrize(
    ("code", "says", "options"),
    [
        (2, "either --trace or --route", ()),
        (2, "--rate-hz", ("--route", "1,1;2,2", "--rate-hz", "0")),
        (2, "--length-m", ("--route", "1,1;2,2", "--length-m", "99")),
        (2, "--route", ("--route", "1,1;2")),
        (2, "--vehicle", ("--route", "1,1;2,2", "--vehicle", "tank")),
        (2, "--conditions", ("--route", "1,1;2,2", "--conditions", "wet")),
        (2, "--profiles", ("--route", "1,1;2,2", "--profiles", "speed")),
        (2, "--layers", ("--route", "1,1;2,2", "--layers", "L7")),
        (2, "--position-interval-ms", ("--route", "1,1;2,2", "--position-interval-ms", "1001")),
        (2, "not .txt", ("--trace", "x.txt")),
        (1, "no server answers at unix:", ("--route", "1,1;2,2", "--wait-sec", "0")),
        (2, "--wait-sec", ("--route", "1,1;2,2", "--wait-sec", "-1")),
        (2, "above 0", ("--route", "1,1;2,2", "--speed-factor", "0")),
        (2, "--ca x.pem", ("--route", "1,1;2,2", "--ca", "x.pem")),
    ],
)
async def test_what_cannot_be_done_is_one_line(tmp_path: Path, code: int, says: str, options: tuple[str, ...]) -> None:
    (tmp_path / "x.txt").touch()
    options = tuple(str(tmp_path / x) if x == "x.txt" else x for x in options)
    got, out, err = await run(f"unix:{tmp_path}/nobody.sock", *options)
    assert got == code
    assert says in err
    assert err.count("\n") == 1
    assert out == ""
