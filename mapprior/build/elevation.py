"""Elevation and slope of roads: from an elevation model, or as far as the map's own tags go.

- With a model (`elevation_model.py`, `ground.py`) every road whose ground it knows takes its elevation from it, and its
  slope from the surer of model and tag (`model_use.py`).
- Else `incline` of a way is the slope all along it, and `ele` of nodes gives elevations at them and between
  two of one chain that are at most ELE_GAP_M_MAX apart. A road's elevation is known at both its ends or not at all.

All sigmas are working figures; `incline.py` says what those of a tagged slope stand for.
"""

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeVar

from mapprior.build.access import Refused
from mapprior.build.chain_lines import chain_lines
from mapprior.build.chains import Chain
from mapprior.build.connect import RoadGraph, RoadPart
from mapprior.build.elevation_model import ElevationModel
from mapprior.build.ground import model_elevations
from mapprior.build.incline import Incline, read_incline
from mapprior.build.line_length import length_m
from mapprior.build.model_use import ModelUse, RoadTags, served, with_tagged_slope
from mapprior.build.road import Road
from mapprior.build.source import SourceMap
from mapprior.geo.units import cm
from mapprior.model.profile import HeightReference, LinkElevation
from mapprior.model.provenance import Basis

Tags = Mapping[str, str]
_Read = TypeVar("_Read")

ELE_GAP_M_MAX: Final = 200.0
ELE_M_MIN, ELE_M_MAX = -450.0, 6000.0  # the Dead Sea's shore; the highest roads lie at 5,900 m
_ELE_SIGMA_CM: Final = 300
_MIDDLE_GAP_CM: Final = 4000
_GUESSED_SLOPE: Final = (
    0.05  # how much a road between two known heights may leave the straight, per metre to the nearer
)

_ELE = re.compile(r"([+-]?\d{1,5}(?:[.,]\d{1,15})?)\s*(?:m|meters?|metres?)?", re.ASCII)


def road_elevations(
    graph: RoadGraph,
    source: SourceMap,
    roads: Mapping[int, Road],
    chains: Sequence[Chain],
    *,
    model: ElevationModel | None = None,
    use: ModelUse | None = None,
) -> list[LinkElevation | None]:
    """Elevation and slope of each road by its number, along its way; None where neither is known. `roads` by way id.

    `use` takes what became of the model. What tags say and cannot be understood is refused in the book of the source,
    and what contradicts the model is named in another. `chains`: those of the graph.
    """
    inclines, heights = _inclines(graph, source), _heights(source)
    between: dict[int, LinkElevation] = {}
    if heights:
        for chain in chains:
            between.update(_between_nodes(graph, chain, heights))

    def tags_of(number: int) -> RoadTags:
        way_id = graph.parts[number].strand.way_id
        word = source.ways[way_id].tags.get("incline", "")
        return RoadTags(way_id, inclines.get(way_id), word, between.get(number))

    made: list[LinkElevation | None] = [None] * len(graph.parts)
    for number, part in enumerate(graph.parts):
        if part.strand.way_id in inclines or number in between:
            made[number] = _tagged(tags_of(number), part)
    if model is not None:
        use = ModelUse() if use is None else use
        structures = [roads[part.strand.way_id].tunnel or roads[part.strand.way_id].bridge for part in graph.parts]
        for lines in chain_lines(graph, chains):
            for directed, elevation in model_elevations(lines, structures, model):
                number = directed >> 1
                along = elevation.reversed() if directed & 1 else elevation
                made[number] = served(along, tags_of(number), use, source.disagreements)
                use.roads.add(number)
    return made


def _length_cm(part: RoadPart) -> int:
    """As the link along the way has it."""
    span = slice(part.first, part.last + 1)
    return max(1, cm(length_m(part.strand.lat_e7[span], part.strand.lon_e7[span])))


def ele_cm(text: str, refused: Refused) -> int | None:
    """Elevation above sea level; None for what is refused."""
    match = _ELE.fullmatch(text.strip())
    if match is None:
        refused.append(("elevation not understood", f"ele={text}"))
        return None
    number = float(match[1].replace(",", "."))
    if not ELE_M_MIN <= number <= ELE_M_MAX:
        refused.append((f"elevation outside {ELE_M_MIN:.0f} to {ELE_M_MAX:.0f} m", f"ele={text}"))
        return None
    return cm(number)


def _inclines(graph: RoadGraph, source: SourceMap) -> dict[int, Incline]:
    """Slope by way id."""
    ways = sorted({part.strand.way_id for part in graph.parts} & source.ways.keys())
    return _stated("way", [(x, source.ways[x].tags.get("incline")) for x in ways], read_incline, source)


def _heights(source: SourceMap) -> dict[int, int]:
    """Elevation in cm by node id."""
    return _stated("node", [(x, source.node_tags[x].get("ele")) for x in sorted(source.node_tags)], ele_cm, source)


def _stated(
    element: str,
    texts: Iterable[tuple[int, str | None]],
    read: Callable[[str, Refused], _Read | None],
    source: SourceMap,
) -> dict[int, _Read]:
    """What tags say, by id of the element; what cannot be read is refused there."""
    made = {}
    for number, text in texts:
        if text is None:
            continue
        refused: Refused = []
        value = read(text, refused)
        if value is not None:
            made[number] = value
        for reason, seen in refused:
            source.refusals.refuse(f"{element}/{number}", reason, seen)
    return made


def _tagged(tags: RoadTags, part: RoadPart) -> LinkElevation | None:
    """What is known of a road by tags alone."""
    if tags.incline is None:
        return tags.heights
    return with_tagged_slope(tags.heights or LinkElevation(Basis.TAGGED, (0, _length_cm(part))), tags.incline)


@dataclass(slots=True)
class _Profile:
    """Heights along a chain, by place in centimetres from its start."""

    s_cm: list[int] = field(default_factory=list)
    height_cm: list[int] = field(default_factory=list)

    def at(self, s_cm: int) -> tuple[int, int] | None:
        """Height and its sigma; None where no two heights around the place are near enough."""
        after = bisect_left(self.s_cm, s_cm)
        if after < len(self.s_cm) and self.s_cm[after] == s_cm:
            return self.height_cm[after], _ELE_SIGMA_CM
        if not 0 < after < len(self.s_cm):
            return None
        s0, s1 = self.s_cm[after - 1], self.s_cm[after]
        if s1 - s0 > ELE_GAP_M_MAX * 100:
            return None
        h0, h1 = self.height_cm[after - 1], self.height_cm[after]
        guessed = _GUESSED_SLOPE * min(s_cm - s0, s1 - s_cm)
        return h0 + round((h1 - h0) * (s_cm - s0) / (s1 - s0)), math.ceil(math.hypot(_ELE_SIGMA_CM, round(guessed)))


def _between_nodes(graph: RoadGraph, chain: Chain, heights: Mapping[int, int]) -> Iterator[tuple[int, LinkElevation]]:
    """Roads of a chain whose both ends lie at or between nodes of known height, by number, along their ways."""
    profile, begins, begin_cm = _Profile(), [], 0
    for directed in chain.roads:
        length_cm = _length_cm(graph.parts[directed >> 1])
        for s_cm, node in _nodes_along(graph.parts[directed >> 1], directed & 1, length_cm):
            at_cm = begin_cm + s_cm
            if node in heights and (not profile.s_cm or profile.s_cm[-1] < at_cm):
                profile.s_cm.append(at_cm)
                profile.height_cm.append(heights[node])
        begins.append(begin_cm)
        begin_cm += length_cm
    if not profile.s_cm:
        return
    for directed, begin_cm in zip(chain.roads, begins, strict=True):
        end_cm = begin_cm + _length_cm(graph.parts[directed >> 1])
        inside = profile.s_cm[bisect_right(profile.s_cm, begin_cm) : bisect_left(profile.s_cm, end_cm)]
        places = _with_middles([begin_cm, *inside, end_cm])
        known = [at for s_cm in places if (at := profile.at(s_cm)) is not None]
        if len(known) == len(places):
            tagged = known[0][1] == known[-1][1] == _ELE_SIGMA_CM
            elevation = LinkElevation(
                Basis.TAGGED if tagged else Basis.DERIVED,
                tuple(s_cm - begin_cm for s_cm in places),
                tuple(height for height, _ in known),
                tuple(sigma for _, sigma in known),
                height_reference=HeightReference.ORTHOMETRIC,  # by the definition of the key
            )
            yield directed >> 1, elevation.reversed() if directed & 1 else elevation


def _with_middles(places_cm: Sequence[int]) -> list[int]:
    """With a place in the middle of each longer gap: the elevation is least sure there."""
    made = [places_cm[0]]
    for a, b in pairwise(places_cm):
        made += [(a + b) // 2, b] if b - a > _MIDDLE_GAP_CM else [b]
    return made


def _nodes_along(part: RoadPart, backward: int, length_cm: int) -> Iterator[tuple[int, int]]:
    """Nodes of a road with their places in centimetres, from the end that is passed first."""
    lat, lon, nodes = part.strand.lat_e7, part.strand.lon_e7, part.strand.node_ids
    indices = range(part.first, part.last + 1)
    s_m = [0.0]
    for i in indices[1:]:
        s_m.append(s_m[-1] + length_m(lat[i - 1 : i + 1], lon[i - 1 : i + 1]))
    for i in reversed(indices) if backward else indices:
        s_cm = round(s_m[i - part.first] / max(s_m[-1], 1e-9) * length_cm)
        yield (length_cm - s_cm if backward else s_cm), nodes[i]
