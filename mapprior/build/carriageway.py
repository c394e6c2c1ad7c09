"""What the tags of a way say of its carriageway: lanes, separation, pedestrians, bicycles, surface, toll.

Lanes of a direction count motor lanes, bus lanes included; cycle lanes and a two-way centre lane are not counted. The
one lane of a narrow two-way road counts for both directions. TAGGED where tags state the number of the direction, or
leave no other; INFERRED where `lanes` of a two-way road is halved, as OpenStreetMap's convention goes. Never from law.

Separation, the first that holds:
- PHYSICAL, tagged: `dual_carriageway=yes`, or a `divider` that cannot be driven over.
- NONE, tagged: oncoming buses have a lane, or are let in against the one-way (`lanes:backward`,
  `oneway:bus=no`); NONE, inferred: a two-way road drawn as one line, since separated carriageways are drawn as two.
- PHYSICAL, inferred: a one-way motorway; a one-way road whose opposite carriageway was found (`road.py` has the rule).
- Else UNKNOWN. On a one-way street, a slip road or a roundabout nobody comes towards one on the link itself; whether
  a kerb or a line lies beside it the tags do not say.

Pedestrians and bicycles: what `foot` and `bicycle` say of the direction. Else by the definition of the class, as
LAW_DEFAULT: prohibited on `motorroad=yes`; pedestrians prohibited on motorways, bicycles there INFERRED (some states of
the US admit them), on motorway slip roads both INFERRED; pedestrians allowed on living streets and pedestrian streets.
Else UNKNOWN: that people may walk along a road without pavement is law, and is not read here.

Surface and toll: what `surface`, `toll:motorcar` and `toll` say. Nothing said is UNKNOWN, never "no".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from mapprior.build.access import Refused
from mapprior.build.lane_counts import Direction, LaneCounts, cycle_places
from mapprior.build.lane_ends import LanesAcross
from mapprior.build.lanes import turns_of
from mapprior.build.road import Road
from mapprior.model.lane import TurnDirection
from mapprior.model.link import FormOfWay, RoadClass
from mapprior.model.profile import LinkCarriageway, Permission, Separation, Surface, Toll
from mapprior.model.provenance import Basis

Tags = Mapping[str, str]

_DIRECTIONS: Final = ("forward", "backward")
NO_LANES: Final = LanesAcross(0, stated=False)
_DIVIDERS: Final = frozenset(
    {"yes", "median", "kerb", "curb", "barrier", "wall", "guard_rail", "jersey_barrier", "hedge", "fence", "grass"}
    | {"trees", "green", "island", "traffic_island", "bollard", "bollards", "raised_median", "physical"}
)
_ALLOWED: Final = frozenset({"yes", "designated", "permissive", "official", "optional_sidepath", "destination"})
_PROHIBITED: Final = frozenset({"no", "use_sidepath", "dismount"})
_UNDECIDED: Final = frozenset({"private", "customers", "permit", "limited", "unknown", "discouraged"})
_SURFACES: Final = {
    **dict.fromkeys(("paved", "paved:lanes"), Surface.PAVED),
    **dict.fromkeys(("asphalt", "chipseal", "bitumen", "tarmac"), Surface.ASPHALT),
    **dict.fromkeys(("concrete", "concrete:plates", "concrete:lanes", "cement"), Surface.CONCRETE),
    **dict.fromkeys(("paving_stones", "bricks", "brick", "paving_stones:lanes", "interlock"), Surface.PAVING_STONES),
    **dict.fromkeys(("sett", "cobblestone", "unhewn_cobblestone", "cobblestone:flattened"), Surface.COBBLESTONE),
    "unpaved": Surface.UNPAVED,
    **dict.fromkeys(("gravel", "fine_gravel", "compacted", "pebblestone", "crushed_limestone"), Surface.GRAVEL),
    **dict.fromkeys(("ground", "dirt", "earth", "grass", "mud", "sand", "clay", "rock", "soil"), Surface.GROUND),
    **dict.fromkeys(("metal", "metal_grid"), Surface.METAL),
    "wood": Surface.WOOD,
}
_TOLLS: Final = {"yes": Toll.YES, "no": Toll.NO}


@dataclass(frozen=True, slots=True)
class WayCarriageway:
    """Of both directions; `lanes` beside them are what `lane_ends.py` compares."""

    forward: LinkCarriageway
    backward: LinkCarriageway
    forward_lanes: LanesAcross
    backward_lanes: LanesAcross


def carriageway_of(
    tags: Tags,
    road: Road,
    counts: LaneCounts,
    *,
    drives_forward: bool,
    drives_backward: bool,
    refused: Refused,
) -> WayCarriageway:
    """Reads the tags of a way that cars use; what it cannot read is added to `refused`. `counts` are its lanes."""
    two_way = drives_forward and drives_backward
    separation = _separation(tags, road, two_way=two_way, against="backward" if drives_forward else "forward")
    surface = tags.get("surface", "")
    toll = _toll(tags, refused)
    lanes = [_across(tags, counts, word, two_way=two_way) for word in _DIRECTIONS]
    sides = [
        _one_side(
            own.count,
            own.stated,
            separation,
            _permission(tags, "foot", word, road, refused),
            _permission(tags, "bicycle", word, road, refused),
            surface,
            toll,
        )
        for word, own in zip(_DIRECTIONS, lanes, strict=True)
    ]
    return WayCarriageway(sides[0], sides[1], lanes[0], lanes[1])


@lru_cache(maxsize=65_536)
def _one_side(
    lanes_count: int,
    lanes_stated: bool,
    separation: tuple[Separation, Basis],
    pedestrians: tuple[Permission, Basis],
    bicycles: tuple[Permission, Basis],
    surface: str,
    toll: Toll,
) -> LinkCarriageway:
    """Ways say much the same, so most share one object."""
    return LinkCarriageway(
        lanes_count,
        Basis.UNKNOWN if not lanes_count else Basis.TAGGED if lanes_stated else Basis.INFERRED,
        *separation,
        *pedestrians,
        *bicycles,
        _SURFACES.get(surface, Surface.OTHER if surface else Surface.UNKNOWN),
        Basis.TAGGED if surface else Basis.UNKNOWN,
        surface,
        toll,
        Basis.UNKNOWN if toll is Toll.UNKNOWN else Basis.TAGGED,
    )


def paired(carriageway: LinkCarriageway) -> LinkCarriageway:
    """The same where the opposite carriageway was found as a road of its own."""
    if carriageway.separation is not Separation.UNKNOWN:
        return carriageway
    return replace(carriageway, separation=Separation.PHYSICAL, separation_basis=Basis.INFERRED)


def _separation(tags: Tags, road: Road, *, two_way: bool, against: str) -> tuple[Separation, Basis]:
    divider = tags.get("divider", "no")
    if road.dual or divider in _DIVIDERS:
        return Separation.PHYSICAL, Basis.TAGGED
    if two_way:
        return Separation.NONE, Basis.INFERRED
    if tags.get(f"lanes:{against}", "0") != "0" or "no" in (tags.get("oneway:bus"), tags.get("oneway:psv")):
        return Separation.NONE, Basis.TAGGED
    if road.form_of_way is FormOfWay.MOTORWAY:
        return Separation.PHYSICAL, Basis.INFERRED
    return Separation.UNKNOWN, Basis.UNKNOWN


def _permission(tags: Tags, key: str, word: str, road: Road, refused: Refused) -> tuple[Permission, Basis]:
    text = tags.get(f"{key}:{word}", tags.get(key, ""))
    if text in _ALLOWED:
        return Permission.ALLOWED, Basis.TAGGED
    if text in _PROHIBITED:
        return Permission.PROHIBITED, Basis.TAGGED
    if text in _UNDECIDED:
        return Permission.UNKNOWN, Basis.UNKNOWN
    if text:
        refused.append(("permission not understood", f"{key}={text}"))
    if tags.get("motorroad") == "yes":
        return Permission.PROHIBITED, Basis.LAW_DEFAULT
    if road.road_class is RoadClass.MOTORWAY:
        by_law = key == "foot" and road.form_of_way is FormOfWay.MOTORWAY
        return Permission.PROHIBITED, Basis.LAW_DEFAULT if by_law else Basis.INFERRED
    if key == "foot" and tags["highway"] in ("living_street", "pedestrian"):
        return Permission.ALLOWED, Basis.LAW_DEFAULT
    return Permission.UNKNOWN, Basis.UNKNOWN


def _toll(tags: Tags, refused: Refused) -> Toll:
    for key in ("toll:motorcar", "toll:motor_vehicle", "toll"):
        text = tags.get(key)
        if text is None:
            continue
        if text in _TOLLS:
            return _TOLLS[text]
        refused.append(("toll not understood", f"{key}={text}"))
    return Toll.UNKNOWN


def _across(tags: Tags, counts: LaneCounts, word: str, *, two_way: bool) -> LanesAcross:
    if counts.shared:
        return LanesAcross(1, stated=True)
    direction = counts.forward if word == "forward" else counts.backward
    cycle = cycle_places(direction.lists)
    count = direction.places_count - len(cycle)
    if not count:
        return NO_LANES
    said = any(key.startswith(("lanes:forward", "lanes:backward")) for key in tags) or bool(
        counts.forward.lists or counts.backward.lists
    )
    return LanesAcross(
        count,
        stated=not two_way or said,
        turns=_turns(direction, cycle),
        line_left_half_lanes=None if cycle else _line(tags, word, count, two_way=two_way),
    )


def _turns(direction: Direction, cycle: frozenset[int]) -> tuple[frozenset[TurnDirection], ...]:
    listed = direction.lists.get("turn")
    if listed is None or len(listed) != direction.places_count:
        return ()
    return tuple(frozenset(turns_of(text)) for i, text in enumerate(listed) if i not in cycle)


def _line(tags: Tags, word: str, count: int, *, two_way: bool) -> int | None:
    """Half lanes left of the line, as `placement` says; None where it says nothing that can be counted."""
    text = tags.get(f"placement:{word}", None if two_way else tags.get("placement"))
    if text is None:
        return None
    side, _, number = text.partition(":")
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= count):
        return None
    return {"left_of": 2 * int(number) - 2, "middle_of": 2 * int(number) - 1, "right_of": 2 * int(number)}.get(side)
