"""`mapprior match`: the roads a recorded trace was driven on, computed here from tiles on disk."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer

from mapprior.cli.driven import Stretch, stretches
from mapprior.cli.found import ON_A_ROAD, end_without_road
from mapprior.cli.road_words import counted, road_class, road_name
from mapprior.errors import LimitError
from mapprior.match.position import MatchCandidate, MatchResult
from mapprior.match.trace import POSES_COUNT_MAX, TraceMatch
from mapprior.model.ids import TileId, index_of, tile_of
from mapprior.model.link import Link
from mapprior.model.network import RoadTile
from mapprior.model.pose import Pose
from mapprior.runtime.routes import RouteFinder
from mapprior.runtime.trace_file import Trace, read_trace
from mapprior.tile.loader import TileLoader
from mapprior.tile.store import TileStore, open_markets

CACHED_BYTES_MAX = 256 << 20
WAIT_MS_MAX = 3_600_000
Driven = tuple[Link, Stretch]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def match(
    file: Annotated[
        str, typer.Argument(metavar="TRACE", help="A .gpx or .csv file; FILE.csv#TRIP_ID for a taxi trip.")
    ],
    tiles: Annotated[list[Path], typer.Option(help="A market's tiles, or a directory of several. Repeatable.")],
    as_json_: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Match a recorded trace to the roads of the map, as a whole."""
    read = read_trace(file)
    trace = replace(read, poses=tuple(sorted(read.poses, key=lambda pose: pose.pose_time_us)))
    if backwards := sum(b.pose_time_us < a.pose_time_us for a, b in pairwise(read.poses)):
        said = f"its time runs backwards {counted(backwards, 'time')}; its poses are taken in order of time"
        typer.echo(f"{file}: {said}", err=True)
    if len(trace.poses) > POSES_COUNT_MAX:
        raise LimitError(f"{file}: {len(trace.poses)} poses; at most {POSES_COUNT_MAX} are matched at once")
    with open_markets(tiles) as store:
        started = time.perf_counter()
        found = asyncio.run(_match(store, trace.poses))
        taken_sec = time.perf_counter() - started
        links = _links(store, stretches(found.results))
        markets = [manifest.market for manifest in store.manifests]
    if as_json_:
        print(json.dumps(match_as_json(trace, found, links), ensure_ascii=False, allow_nan=False))
    else:
        show(trace, found, links, taken_sec)
    states = {result.state for result in found.results}
    if ON_A_ROAD.isdisjoint(states):
        end_without_road(states, markets)


async def _match(store: TileStore, poses: Sequence[Pose]) -> TraceMatch:
    loader = TileLoader(store, cached_bytes_max=CACHED_BYTES_MAX)
    finder = RouteFinder(store.datasets, loader, at_once_max=1, wait_ms_max=WAIT_MS_MAX)
    try:
        return await finder.match(lambda: poses, lambda matched: matched)
    finally:
        finder.close()


def _links(store: TileStore, driven: Sequence[Stretch]) -> list[Driven]:
    held: dict[TileId, RoadTile | None] = {}
    links: list[Driven] = []
    for stretch in driven:
        tile_id = tile_of(stretch.link_id)
        if tile_id not in held:
            held[tile_id] = store.read_road(tile_id)
        tile = held[tile_id]
        if tile is not None:
            links.append((tile.link(index_of(stretch.link_id)), stretch))
    return links


def match_as_json(trace: Trace, found: TraceMatch, links: Sequence[Driven]) -> dict[str, Any]:
    """`positions` has one element per pose; the fields of a candidate are those of a horizon's position.

    `times` is `stated`, or `assumed` where every `time` of a position is made up. A link was driven from its
    `start_offset_m` to its `end_offset_m`; `driven_m` is the sum of these.
    """
    return {
        "times": trace.times,
        "driven_m": round(_driven_m(links), 2),
        "links": [
            {
                "link_id": str(link.link_id),
                "ref": link.stable_ref,
                "length_m": round(link.length_cm / 100, 2),
                "start_offset_m": round(stretch.start_cm / 100, 2),
                "end_offset_m": round(stretch.end_on_cm(link) / 100, 2),
                "names": list(link.names),
                "class": link.road_class.name,
                "form_of_way": link.form_of_way.name,
            }
            for link, stretch in links
        ],
        "positions": [_position(pose, result) for pose, result in zip(trace.poses, found.results, strict=True)],
    }


def _driven_m(links: Sequence[Driven]) -> float:
    return sum(stretch.length_m(link) for link, stretch in links)


def _position(pose: Pose, result: MatchResult) -> dict[str, Any]:
    candidates = [_candidate(candidate) for candidate in result.candidates]
    return {
        "time": (_EPOCH + timedelta(microseconds=pose.pose_time_us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "state": result.state.name,
        "reason": result.reason or None,
        "position": {**candidates[0], "extrapolated": result.extrapolated, "candidates": candidates}
        if candidates
        else None,
    }


def _candidate(candidate: MatchCandidate) -> dict[str, Any]:
    return {
        "link_id": str(candidate.link_id),
        "link_offset_m": round(candidate.link_offset_cm / 100, 2),
        "lateral_m": round(candidate.lateral_m, 2),
        "heading_error_rad": None if candidate.heading_error_rad is None else round(candidate.heading_error_rad, 3),
        "confidence": round(candidate.probability, 3),
    }


def show(trace: Trace, found: TraceMatch, links: Sequence[Driven], taken_sec: float) -> None:
    """The roads in driving order, one row for links of the same name, and how sure the match is."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)  # names of roads may hold brackets
    if trace.caveat:
        console.print(trace.caveat, style="yellow", soft_wrap=True)
    states = Counter(result.state.name for result in found.results)
    shares = ", ".join(
        f"{name.lower().replace('_', ' ')} {count / len(trace.poses):.1%}" for name, count in states.most_common()
    )
    driven = f"{_driven_m(links) / 1000:.2f} km driven"
    console.print(f"{len(trace.poses)} poses on {len(links)} links, {driven}: {shares}; {taken_sec:.1f} s")
    if not links:
        return
    table = Table(show_edge=False)
    table.add_column("km", justify="right")
    table.add_column("driven m", justify="right")
    table.add_column("road")
    table.add_column("class")
    at_m = 0.0
    for name, kind, length_m in _roads(links):
        table.add_row(f"{at_m / 1000:.2f}", f"{length_m:.0f}", name, kind)
        at_m += length_m
    console.print(table)
    (first, begun), (last, ended) = links[0], links[-1]
    left_m = max(0, last.length_cm - ended.end_on_cm(last)) / 100
    console.print(
        f"begins {begun.start_cm / 100:.0f} m into the first link of {first.length_cm / 100:.0f} m, "
        f"ends {left_m:.0f} m before the end of the last of {last.length_cm / 100:.0f} m",
        soft_wrap=True,
    )


def _roads(links: Sequence[Driven]) -> list[tuple[str, str, float]]:
    roads: list[tuple[str, str, float]] = []
    for link, stretch in links:
        name, kind = road_name(link.names, link.route_refs), road_class(link.road_class)
        length_m = stretch.length_m(link)
        if roads and roads[-1][:2] == (name, kind):
            length_m += roads.pop()[2]
        roads.append((name, kind, length_m))
    return roads
