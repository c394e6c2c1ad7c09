"""Does a road lie in a built-up area? Inferred, where no tag says so, by a stated rule with a measured confidence.

Each piece of evidence gives points, for or against:

    residential road or living street        +3      trunk road                               -3
    a sign of 35 km/h or less                +3      a sign above 57 and below 79 km/h        -1
    a sign above 35, up to 57 km/h           +2      a sign of 79 km/h or more                -5
    street lights                            +2      said to have none                        -1
    a pavement                               +1      no name, from trunk to unclassified      -1
                                                     300 m or more without a junction         -1
    streets near: dense 700 m or more        +3      few, 50 m or more                        -1
    many, 400 m or more                      +1      none, less than 50 m                     -3
    goes on as a road tagged built-up        +2      goes on as a road tagged not built-up    -3
    goes on with a sign of 35 km/h or less   +3      goes on with a sign of 79 km/h or more   -4

`Streets near` is the length of residential roads and living streets, half that of service roads, and half of what
roads from primary to unclassified come to beyond 900 m, in the nine cells of 100 m around a place, the average along
the road. 900 m are three roads through these cells: a road and its crossings may lie anywhere, a city centre whose
streets all have a higher class has more. `Goes on`: another way with a name or a number in common meets the road at
one of its ends. 0 points or more: built-up.

Measured on all extracts of markets with law, without Japan, whose law knows no built-up areas: on every way that
carries `XX:urban`, `XX:rural` or a slow zone in one of its tags, with these tags hidden (A), and with its number
hidden too (B); and on the others with a number of 79 km/h or more, or of 31 or less, which was hidden and taken for
the truth (C). Kilometres, and the share of them that the rule has right:

    points       answer          permille     A                B                C
    6 or more    built-up        980          94.2  100.0 %    73.0  100.0 %    414.0   99.9 %
    3 to 5       built-up        950           7.6  100.0 %    24.5  100.0 %     98.6   99.2 %
    1 or 2       built-up        850           2.0  100.0 %     4.0  100.0 %     27.9   95.8 %
    0            built-up        700           1.3  100.0 %     2.5   76.1 %      8.2   72.2 %
    -4 to -1     not built-up    500           4.9   39.3 %    12.9   56.2 %     55.1   78.0 %
    -5 or less   not built-up    950          24.8   95.9 %    17.9   99.5 %    112.7   95.2 %
    all                                      134.7   97.0 %   134.7   95.3 %    716.5   96.9 %

From -4 to -1 points the rule knows nothing: on the few kilometres of A it is wrong more often than right, on C right
three times of four, so it says 500. No answer is sure: the other one is always stated beside it.

Place-name signs (`traffic_sign=city_limit`) are not used: too few ways say on which side of the sign they lie.
Does not know what follows from the answer in law.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from mapprior.build.connect import RoadGraph
from mapprior.build.road import Road
from mapprior.geo.frame import FULL_TURN_E7, HALF_TURN_E7, metres_per_e7
from mapprior.model.link import FormOfWay, RoadClass

Tags = Mapping[str, str]
_Ints = npt.NDArray[np.int64]

_POINTS: Final = {
    "residential": 3,
    "living street": 3,
    "trunk": -3,
    "signed 35 km/h or less": 3,
    "signed 36 to 57 km/h": 2,
    "signed 58 to 78 km/h": -1,
    "signed 79 km/h or more": -5,
    "lit": 2,
    "not lit": -1,
    "pavement": 1,
    "no name": -1,
    "no junction for long": -1,
    "dense streets": 3,
    "many streets": 1,
    "some streets": 0,
    "few streets": -1,
    "no streets": -3,
    "goes on built-up": 2,
    "goes on not built-up": -3,
    "goes on at 35 km/h or less": 3,
    "goes on at 79 km/h or more": -4,
}
# Points from which on the answer has a confidence, built-up and not; see the table above for what was measured.
_BUILT_UP_BANDS: Final = ((6, 980), (3, 950), (1, 850), (0, 700))
_OUTSIDE_BANDS: Final = ((-5, 950), (-1, 500))
SURE_PERMILLE: Final = 900  # below, the report calls the answer unsure

_STREETS_NEAR: Final = ((700, "dense streets"), (400, "many streets"), (200, "some streets"), (50, "few streets"))
_STREET_WEIGHT: Final = {RoadClass.RESIDENTIAL: 2, RoadClass.LIVING_STREET: 2, RoadClass.SERVICE: 1}  # half metres
_MAIN_WEIGHT: Final = dict.fromkeys(
    (RoadClass.PRIMARY, RoadClass.SECONDARY, RoadClass.TERTIARY, RoadClass.UNCLASSIFIED), 1
)
_MAIN_APART_M: Final = 900  # of main roads near that do not count as streets
_CELL_LAT_E7: Final = 8_993  # 100 m
_BAND_ROWS: Final = 1_112  # cells of one degree of latitude are equally wide; those of another degree are not near
_SAMPLE_CM: Final = 5_000
_LONG_CM: Final = 30_000
_NAMED_CLASSES: Final = frozenset(
    {RoadClass.TRUNK, RoadClass.PRIMARY, RoadClass.SECONDARY, RoadClass.TERTIARY, RoadClass.UNCLASSIFIED}
)
_PAVEMENT: Final = frozenset({"both", "left", "right", "yes", "separate"})
LIT: Final = frozenset({"yes", "24/7", "automatic", "limited", "sunset-sunrise", "interval"})


@dataclass(frozen=True, slots=True)
class Setting:
    """Inside a built-up area or not. `permille` 0: a tag says so; else the chance that it is right."""

    built_up: bool
    permille: int
    raw: str

    @property
    def answer(self) -> str:
        """Where the road lies and how sure that is, for the report."""
        word = "built-up" if self.built_up else "not built-up"
        return f"{word}, {self.permille} permille" if self.permille else f"{word} by tag"


@lru_cache(maxsize=4096)
def judge(evidence: tuple[str, ...]) -> Setting:
    """The answer that pieces of evidence give together; their order does not matter."""
    points = sum(_POINTS[x] for x in evidence)
    built_up = points >= 0
    if built_up:
        permille = next(p for least, p in _BUILT_UP_BANDS if points >= least)
    else:
        permille = next(p for most, p in _OUTSIDE_BANDS if points <= most)
    telling = sorted(x for x in evidence if _POINTS[x] and (_POINTS[x] > 0) == built_up)
    word = "built-up" if built_up else "not built-up"
    return Setting(built_up, permille, f"{word} by {', '.join(telling) or 'no evidence'}")


def way_evidence(tags: Tags, road: Road, sign_kmh: float | None) -> tuple[str, ...]:
    """What a way's own tags say; `sign_kmh` is the number of its limit, where it has one."""
    found = []
    if road.road_class is RoadClass.RESIDENTIAL:
        found.append("residential")
    elif road.road_class is RoadClass.LIVING_STREET:
        found.append("living street")
    elif road.road_class is RoadClass.TRUNK:
        found.append("trunk")
    if sign_kmh is not None:
        found.append(_sign_evidence(sign_kmh))
    if tags.get("lit") in LIT:
        found.append("lit")
    elif tags.get("lit") == "no":
        found.append("not lit")
    if tags.get("sidewalk") in _PAVEMENT:
        found.append("pavement")
    if not road.names and road.road_class in _NAMED_CLASSES and road.form_of_way is not FormOfWay.SLIP_ROAD:
        found.append("no name")
    return tuple(found)


def _sign_evidence(kmh: float) -> str:
    if kmh < 35.5:
        return "signed 35 km/h or less"
    if kmh < 57.5:
        return "signed 36 to 57 km/h"
    return "signed 58 to 78 km/h" if kmh < 78.5 else "signed 79 km/h or more"


def going_on(ways: Iterable[tuple[bool | None, float | None]]) -> tuple[str, ...]:
    """What the ways say that a road goes on as: for each what a tag says of its setting, and its number in km/h.

    They count where they agree.
    """
    settings, signs = set(), []
    for built_up, sign_kmh in ways:
        if built_up is not None:
            settings.add(built_up)
        if sign_kmh is not None:
            signs.append(sign_kmh)
    found = []
    if len(settings) == 1:
        found.append("goes on built-up" if True in settings else "goes on not built-up")
    if signs and max(signs) < 35.5:
        found.append("goes on at 35 km/h or less")
    elif signs and min(signs) >= 78.5:
        found.append("goes on at 79 km/h or more")
    return tuple(found)


def neighbours(graph: RoadGraph, roads: Mapping[int, Road], telling: Mapping[int, object]) -> dict[int, set[int]]:
    """By number of a road, the ways it goes on as, of those that tell something: see `Goes on` above."""
    meeting: dict[int, list[int]] = defaultdict(list)
    for number, part in enumerate(graph.parts):
        meeting[part.start].append(number)
        meeting[part.end].append(number)
    labels = {way_id: frozenset((*road.names, *road.route_refs)) for way_id, road in roads.items()}
    found: dict[int, set[int]] = defaultdict(set)
    for numbers in meeting.values():
        ways = {graph.parts[number].strand.way_id for number in numbers}
        if len(ways) < 2:
            continue
        for other in ways & telling.keys():
            for number in numbers:
                way_id = graph.parts[number].strand.way_id
                if way_id != other and not labels[way_id].isdisjoint(labels[other]):
                    found[number].add(other)
    return found


def surroundings(graph: RoadGraph, roads: Mapping[int, Road]) -> list[tuple[str, ...]]:
    """For each road what the network says: how many streets lie near it, and whether it is long.

    Lengths are whole centimetres before they are added, so that no order and no machine leaves a trace.
    """
    lat, lon, street_weights, main_weights, parts = _segments(graph, roads)
    length_cm = _length_cm(lat, lon)
    counts = np.maximum(1, -(-length_cm // _SAMPLE_CM))
    of_segment = np.repeat(np.arange(len(counts)), counts)
    step = np.arange(len(of_segment)) - np.repeat(np.cumsum(counts) - counts, counts)
    share_cm = (length_cm // counts)[of_segment]
    twice = 2 * counts[of_segment]
    rows = (lat[of_segment, 0] + (lat[:, 1] - lat[:, 0])[of_segment] * (2 * step + 1) // twice) // _CELL_LAT_E7
    dlon = _wrapped(lon[:, 1] - lon[:, 0])
    columns = (lon[of_segment, 0] + dlon[of_segment] * (2 * step + 1) // twice) // _cell_lon_e7(rows)
    total_cm = np.bincount(parts[of_segment], share_cm, len(graph.parts))
    streets_m, main_m = (
        np.bincount(
            parts[of_segment],
            _near_m(rows, columns, share_cm * weights[of_segment]) * share_cm,
            len(graph.parts),
        )
        / np.maximum(total_cm, 1)
        for weights in (street_weights, main_weights)
    )
    near_m = streets_m / 2 + np.maximum(0, main_m - _MAIN_APART_M) / 2
    return [_words(*x) for x in zip(near_m.round(3).tolist(), total_cm.tolist(), strict=True)]


def _words(near_m: float, length_cm: float) -> tuple[str, ...]:
    streets = next((word for least, word in _STREETS_NEAR if near_m >= least), "no streets")
    return (streets, "no junction for long") if length_cm >= _LONG_CM else (streets,)


def _segments(graph: RoadGraph, roads: Mapping[int, Road]) -> tuple[_Ints, _Ints, _Ints, _Ints, _Ints]:
    """(n, 2) latitudes and longitudes of all segments, what each counts as a street and as a main road, its road."""
    lats: list[int] = []
    lons: list[int] = []
    first: list[int] = []
    count: list[int] = []
    classes: list[RoadClass] = []
    for part in graph.parts:
        first.append(len(lats))
        count.append(part.last - part.first)
        lats += part.strand.lat_e7[part.first : part.last + 1]
        lons += part.strand.lon_e7[part.first : part.last + 1]
        classes.append(roads[part.strand.way_id].road_class)
    counts = np.array(count, np.int64)
    parts = np.repeat(np.arange(len(counts)), counts)
    # The points of a road are one more than its segments.
    starts = np.arange(len(parts)) + parts
    lat, lon = np.array(lats, np.int64), np.array(lons, np.int64)
    return (
        np.stack((lat[starts], lat[starts + 1]), axis=1),
        np.stack((lon[starts], lon[starts + 1]), axis=1),
        np.array([_STREET_WEIGHT.get(x, 0) for x in classes], np.int64)[parts],
        np.array([_MAIN_WEIGHT.get(x, 0) for x in classes], np.int64)[parts],
        parts,
    )


def _length_cm(lat: _Ints, lon: _Ints) -> _Ints:
    bands, of_band = np.unique(lat[:, 0] // (_CELL_LAT_E7 * _BAND_ROWS), return_inverse=True)
    scales = np.array([metres_per_e7(_band_middle_e7(int(band))) for band in bands])[of_band]
    dlon, dlat = _wrapped(lon[:, 1] - lon[:, 0]), lat[:, 1] - lat[:, 0]
    lengths: _Ints = np.rint(np.hypot(dlon * scales[:, 0], dlat * scales[:, 1]) * 100).astype(np.int64)
    return lengths


def _cell_lon_e7(rows: _Ints) -> _Ints:
    """Width of the cells of a row; the same within a band."""
    bands, of_band = np.unique(rows // _BAND_ROWS, return_inverse=True)
    widths = [max(1, round(100 / metres_per_e7(_band_middle_e7(int(band)))[0])) for band in bands]
    of_rows: _Ints = np.array(widths, np.int64)[of_band]
    return of_rows


def _band_middle_e7(band: int) -> int:
    return round((band + 0.5) * _BAND_ROWS * _CELL_LAT_E7)


def _wrapped(dlon_e7: _Ints) -> _Ints:
    wrapped: _Ints = (dlon_e7 + HALF_TURN_E7) % FULL_TURN_E7 - HALF_TURN_E7
    return wrapped


def _near_m(rows: _Ints, columns: _Ints, amounts_cm: _Ints) -> npt.NDArray[np.float64]:
    """For each place the amounts in its cell and the eight around it, in metres."""
    cells, of_cell = np.unique((rows << 32) + columns, return_inverse=True)
    # Whole centimetres as floating-point numbers add exactly, up to 2^53 of them.
    amount_cm = np.bincount(of_cell, amounts_cm, len(cells))
    sums = np.zeros(len(cells))
    for drow in (-1, 0, 1):
        for dcolumn in (-1, 0, 1):
            wanted = cells + ((drow << 32) + dcolumn)
            at = np.searchsorted(cells, wanted)
            at[at == len(cells)] = 0
            sums += np.where(cells[at] == wanted, amount_cm[at], 0)
    near: npt.NDArray[np.float64] = (sums / 100)[of_cell]
    return near
