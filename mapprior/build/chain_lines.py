"""The lines of chains of roads, end to end, for what is computed of many at once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from mapprior.build.chains import Chain, Directed
from mapprior.build.connect import RoadGraph
from mapprior.build.line_length import length_m
from mapprior.geo.curvature import Ints
from mapprior.geo.frame import FULL_TURN_E7, metres_per_e7
from mapprior.geo.smooth import Floats

_BATCH_VERTICES_COUNT: Final = 50_000  # of many chains at once: more cost memory, fewer time
_SCALE_BAND_E7: Final = 100_000  # a hundredth of a degree has one scale: 3e-4 at most
_LINE_GAP_M: Final = 16.0


@dataclass(slots=True)
class ChainLines:
    """Vertices `first[i]` to `first[i + 1]` are those of chain i; roads in the order and direction they are passed in.

    `begin`, `end`: vertices of a road's ends. `length_cm`: a road's length as its link along the way has it.
    """

    lat_e7: list[int] = field(default_factory=list)
    lon_e7: list[int] = field(default_factory=list)
    first: list[int] = field(default_factory=lambda: [0])
    roads: list[Directed] = field(default_factory=list)
    begin: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    length_cm: list[int] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)

    def metres(self) -> tuple[Floats, Floats]:
        """Places whose differences are right from vertex to vertex; a tenth of a millimetre is the unit."""
        lat_e7, lon_e7 = np.array(self.lat_e7), np.array(self.lon_e7)
        bands, of = np.unique(lat_e7 // _SCALE_BAND_E7, return_inverse=True)
        scales = np.array([metres_per_e7(int(band) * _SCALE_BAND_E7 + _SCALE_BAND_E7 // 2) for band in bands])
        x = np.cumsum(np.rint(steps_e7(lon_e7) * scales[of, 0] * 1e4)) / 1e4
        y = np.cumsum(np.rint(steps_e7(lat_e7) * scales[of, 1] * 1e4)) / 1e4
        return x, y


def steps_e7(degrees_e7: Ints) -> Ints:
    """From each to the next, the short way round; the first is 0."""
    half = FULL_TURN_E7 // 2
    steps: Ints = (np.diff(degrees_e7, prepend=degrees_e7[0]) + half) % FULL_TURN_E7 - half
    return steps


def run_on(s_m: Floats, first: Ints) -> Floats:
    """Arc lengths of the vertices of lines made one ascending scale."""
    lengths = s_m[first[1:] - 1] + _LINE_GAP_M
    begin = np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    scale: Floats = s_m + begin.repeat(np.diff(first))
    return scale


def chain_lines(graph: RoadGraph, chains: Sequence[Chain], *, beside_length_m: float = 0.0) -> Iterator[ChainLines]:
    """Lines of all chains, in batches. `beside_length_m`: so much of a road before and after a chain is added to it."""
    batch = ChainLines()
    for chain in chains:
        _add(batch, graph, chain, beside_length_m)
        if len(batch.lat_e7) >= _BATCH_VERTICES_COUNT:
            yield batch
            batch = ChainLines()
    if batch.roads:
        yield batch


def _add(batch: ChainLines, graph: RoadGraph, chain: Chain, beside_length_m: float) -> None:
    lat, lon = batch.lat_e7, batch.lon_e7
    if chain.closed:
        before, after = tuple(x ^ 1 for x in reversed(chain.roads)), chain.roads
    else:
        before = () if chain.before is None else (chain.before ^ 1,)
        after = () if chain.after is None else (chain.after,)
    beside = _beginning(graph, before, beside_length_m)
    lat += beside[0][:0:-1]
    lon += beside[1][:0:-1]
    for place, directed in enumerate(chain.roads):
        part = graph.parts[directed >> 1]
        span = slice(part.first, part.last + 1)
        road_lat, road_lon = part.strand.lat_e7[span], part.strand.lon_e7[span]
        batch.length_cm.append(graph.length_cm(directed & ~1))
        if directed & 1:
            road_lat.reverse()
            road_lon.reverse()
        skipped = 1 if place else 0
        batch.roads.append(directed)
        batch.begin.append(len(lat) - skipped)
        lat += road_lat[skipped:]
        lon += road_lon[skipped:]
        batch.end.append(len(lat) - 1)
    beside = _beginning(graph, after, beside_length_m)
    lat += beside[0][1:]
    lon += beside[1][1:]
    batch.first.append(len(lat))
    batch.chains.append(chain)


def _beginning(graph: RoadGraph, roads: Iterable[Directed], length_m_min: float) -> tuple[list[int], list[int]]:
    """The first metres of roads that follow each other and the vertex behind them; one vertex where none are asked."""
    lat: list[int] = []
    lon: list[int] = []
    reached_m = 0.0
    for directed in roads:
        part = graph.parts[directed >> 1]
        indices = range(part.last, part.first - 1, -1) if directed & 1 else range(part.first, part.last + 1)
        for i in indices[1:] if lat else indices:
            lat.append(part.strand.lat_e7[i])
            lon.append(part.strand.lon_e7[i])
            reached_m += length_m(lat[-2:], lon[-2:])
            if reached_m >= length_m_min:
                return lat, lon
    return lat, lon
