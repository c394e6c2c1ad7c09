"""A named place ("Helsinki, Finland") through osmnx: the same raw ways, nodes and restrictions a file would give.

osmnx finds the place's border and speaks to the Overpass server (its polygons, its waiting for a free slot). Its
graphs are not used: simplification merges a 50 and a 30 road into a list without a place (measured), and a graph
has no relations. So the elements are taken raw, with every tag. Its settings are global, and it replaces
`socket.getaddrinfo`; both are put back. Two functions used here are not part of its public interface; a version
without them is a ConfigError.
"""

import hashlib
import json
import socket
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mapprior.build.source import (
    WAY_NODES_COUNT_MAX,
    SourceInfo,
    SourceMap,
    SourceRelation,
    SourceWay,
    says_something,
)
from mapprior.errors import ConfigError, RemoteError, SourceError, UnreachableError
from mapprior.geo.units import e7

_MEMBER_KINDS = {"node": "n", "way": "w", "relation": "r"}
_REMARK_CHARS_MAX = 200
_QUERY = (
    '{settings};way["highway"](poly:"{border}")->.roads;.roads out meta;node(w.roads);out body;'
    'rel(bw.roads)["type"~"^restriction"];out meta;'
)


@dataclass(frozen=True, slots=True)
class PlaceServers:
    """Servers to ask. Empty addresses take those that osmnx knows."""

    overpass_url: str = ""
    nominatim_url: str = ""
    timeout_sec: int = 180
    waits_for_slot: bool = True  # ask the public server when it has room, as its users must


KNOWN_SERVERS = PlaceServers()


def read_place(
    name: str,
    source: SourceMap,
    servers: PlaceServers = KNOWN_SERVERS,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Adds the roads within the border of the named place to `source`.

    SourceError where there is no such place; RemoteError where there is no network, or no answer that can be used;
    ConfigError without osmnx.
    """
    osmnx = _osmnx()
    import requests

    with _settings(osmnx, servers):
        try:
            answers = list(_answers(osmnx, name))
        except requests.exceptions.RequestException as error:
            raise UnreachableError(
                f"place {name!r}: the map servers cannot be reached ({type(error).__name__}); a named place needs "
                "network, a file does not"
            ) from error
        except TypeError as error:
            raise SourceError(f"place {name!r}: found, but it has no border; name a town or district") from error
        except (ValueError, KeyError) as error:
            raise SourceError(f"place {name!r}: not found, or no usable answer: {error}") from error
    remarks = [str(answer["remark"]) for answer in answers if "remark" in answer]
    if remarks:
        # Overpass answers so, with status 200, where time or memory ran out: the elements end somewhere.
        raise RemoteError(f"place {name!r}: the map server did not answer in full: {remarks[0][:_REMARK_CHARS_MAX]}")
    try:
        read_elements(name, [e for answer in answers for e in answer.get("elements", ())], source)
    except (KeyError, TypeError, ValueError) as error:
        raise RemoteError(f"place {name!r}: an element of the answer is no OpenStreetMap data: {error!r}") from error
    times = [answer.get("osm3s", {}).get("timestamp_osm_base", "") for answer in answers]
    source.sources[-1] = SourceInfo(name, source.sources[-1].size_bytes, source.sources[-1].sha256, min(times))
    progress(len(source.ways))


def read_elements(name: str, elements: Iterable[Mapping[str, Any]], source: SourceMap) -> None:
    """Adds raw elements in Overpass's JSON form. Elements may repeat, where the border was asked for in pieces."""
    unique = {(e["type"], e["id"]): e for e in elements}
    ordered = [unique[key] for key in sorted(unique)]
    lat_lon_e7: dict[int, tuple[int, int]] = {}
    node_tags: dict[int, Mapping[str, str]] = {}
    for element in ordered:
        tags: dict[str, str] = element.get("tags", {})
        if element["type"] == "node":
            lat_lon_e7[element["id"]] = e7(element["lat"]), e7(element["lon"])
            if says_something(tags):
                node_tags[element["id"]] = tags
        elif element["type"] == "way":
            _add_way(element, tags, source)
        elif element["type"] == "relation":
            members = tuple((_MEMBER_KINDS[m["type"]], m["ref"], m["role"]) for m in element["members"])
            source.add_relation(SourceRelation(element["id"], tags, members, element.get("version", 0)))
    source.add_nodes(lat_lon_e7, node_tags, "")
    text = json.dumps(ordered, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    source.sources.append(SourceInfo(name, len(text), hashlib.sha256(text).hexdigest(), ""))


def _add_way(element: Mapping[str, Any], tags: dict[str, str], source: SourceMap) -> None:
    node_ids = tuple(element["nodes"])
    if len(node_ids) > WAY_NODES_COUNT_MAX:
        source.refusals.refuse(f"way/{element['id']}", "way with too many nodes", f"{len(node_ids)} nodes")
        return
    time = element.get("timestamp")
    time_us = int(datetime.fromisoformat(time).timestamp()) * 1_000_000 if time else 0
    source.add_way(SourceWay(element["id"], node_ids, tags, element.get("version", 0), time_us))


def _osmnx() -> Any:
    try:
        import osmnx
        import osmnx._overpass
    except ImportError as error:
        raise ConfigError("a named place needs osmnx: pip install 'mapprior[build]'") from error
    needed = ("_overpass_request", "_make_overpass_settings", "_make_overpass_polygon_coord_strs")
    if any(not hasattr(osmnx._overpass, function) for function in needed):
        raise ConfigError(f"osmnx {osmnx.__version__} is not one that is known here: pip install 'osmnx>=2,<3'")
    return osmnx


@contextmanager
def _settings(osmnx: Any, servers: PlaceServers) -> Iterator[None]:
    """osmnx's global settings for one read, and everything as it was afterwards."""
    wanted: dict[str, object] = {
        "use_cache": False,  # a build reads what is there now, and writes nothing but its tiles
        "requests_timeout": servers.timeout_sec,
        "overpass_rate_limit": servers.waits_for_slot,
        "doh_url_template": None,
        "log_file": False,
        "log_console": False,
    }
    if servers.overpass_url:
        wanted["overpass_url"] = servers.overpass_url
    if servers.nominatim_url:
        wanted["nominatim_url"] = servers.nominatim_url
    before = {key: getattr(osmnx.settings, key) for key in wanted}
    getaddrinfo = socket.getaddrinfo
    try:
        for key, value in wanted.items():
            setattr(osmnx.settings, key, value)
        yield
    finally:
        for key, value in before.items():
            setattr(osmnx.settings, key, value)
        socket.getaddrinfo = getaddrinfo


def _answers(osmnx: Any, name: str) -> Iterator[Mapping[str, Any]]:
    """What Overpass says, once per piece of the place's border."""
    overpass = osmnx._overpass
    border = osmnx.geocode_to_gdf(name).geometry.iloc[0]
    for piece in overpass._make_overpass_polygon_coord_strs(border):
        query = _QUERY.format(settings=overpass._make_overpass_settings(), border=piece)
        yield overpass._overpass_request(OrderedDict(data=query))
