"""Which ways a car may use, and in which direction.

The tags of OpenStreetMap go from the general to the special: `access`, `vehicle`, `motor_vehicle`,
`motorcar`; the most special one that is set decides. Direction likewise: `:forward`, `:backward`.
Conditions on access are not evaluated: a way closed at times is open, and one open at times is RESTRICTED,
so that a vehicle that is seen there can be placed. A condition on the direction is not enforced either: the
direction stated without it holds at all times. Conditions are refused, by element, in the report.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mapprior.model.link import CarAccess

Tags = Mapping[str, str]
Refused = list[tuple[str, str]]  # (reason, text seen), of one element

# `construction` and `proposed` carry no traffic, `busway` and `raceway` no cars.
CAR_HIGHWAYS = frozenset(
    f"{name}{link}" for name in ("motorway", "trunk", "primary", "secondary", "tertiary") for link in ("", "_link")
) | {"unclassified", "residential", "living_street", "service", "road"}
ONLY_IF_ADMITTED = frozenset({"track", "pedestrian"})  # a car needs an explicit word

_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
_OPEN = frozenset({"yes", "permissive", "designated", "official", "public", "hov", "unknown"})
_DESTINATION = frozenset({"destination", "residents", "discouraged"})
_RESTRICTED = frozenset({"private", "customers", "permit", "delivery", "employees", "permit_holders", "members"})
_CLOSED = frozenset(
    {"no", "agricultural", "forestry", "agricultural;forestry", "emergency", "psv", "bus", "military", "use_sidepath"}
    | {"bicycle", "foot", "dismount", "restricted", "taxi", "goods", "hgv", "none", "license", "official_only"}
)
_SIDES = ("", ":forward", ":backward")
_CONDITIONAL_KEYS = tuple(f"{key}{side}:conditional" for key in _KEYS for side in _SIDES)
_REVERSIBLE = "reversible"
_ONEWAY_KEYS = ("oneway:motorcar", "oneway:motor_vehicle", "oneway")
_ONEWAY_YES = frozenset({"yes", "true", "1"})
_ONEWAY_NO = frozenset({"no", "false", "0", "alternating"})  # alternating: both directions take turns

# Barriers that stop a car where nothing else is said. All others (gates, toll booths, kerbs) let it through.
_BLOCKING = frozenset(
    {"block", "bollard", "bus_trap", "chain", "cycle_barrier", "debris", "ditch", "fence", "full-height_turnstile"}
    | {"guard_rail", "hedge", "jersey_barrier", "kissing_gate", "log", "motorcycle_barrier", "planter", "rope"}
    | {"stile", "sump_buster", "turnstile", "wall"}
)


@dataclass(frozen=True, slots=True)
class CarUse:
    """Access along and against the way; None where a car may not drive that way."""

    forward: CarAccess | None
    backward: CarAccess | None


def may_carry_cars(highway: str) -> bool:
    """By the value of its `highway` tag alone."""
    return highway in CAR_HIGHWAYS or highway in ONLY_IF_ADMITTED


def car_use(tags: Tags, refused: Refused) -> CarUse | str:
    """How cars use a way, or the reason why it is left out."""
    highway = tags["highway"]
    admitted_only = highway in ONLY_IF_ADMITTED
    if not admitted_only and highway not in CAR_HIGHWAYS:
        return "highway not for cars"
    if tags.get("area") == "yes":
        return "area"
    if tags.get("impassable") == "yes" or tags.get("smoothness") == "impassable":
        return "impassable"
    if tags.get("service") == "emergency_access" and not any(key in tags for key in _KEYS):
        return "closed to cars"
    if admitted_only and not any(key in tags for key in _KEYS[:3]):
        return f"{highway} without a word on cars"
    along, against = directions_of(tags, refused)
    use = CarUse(
        _access(tags, ":forward", along, refused) if along else None,
        _access(tags, ":backward", against, refused) if against else None,
    )
    if use.forward is None and use.backward is None:
        return "closed to cars"
    refused += [("conditional access not enforced", f"{key}={tags[key]}") for key in _CONDITIONAL_KEYS if key in tags]
    return use


def blocks_cars(tags: Tags) -> bool:
    """Does a node keep cars out, by its barrier? A word on cars decides before the kind of barrier does."""
    if "barrier" not in tags:
        return False
    for key in _KEYS:
        value = tags.get(key)
        if value is not None:
            if value in _CLOSED:
                return True
            if value in _OPEN or value in _DESTINATION or value in _RESTRICTED:
                return False
    return tags["barrier"] in _BLOCKING and tags.get("bollard") not in ("rising", "removable")


def directions_of(tags: Tags, refused: Refused) -> tuple[CarAccess | None, CarAccess | None]:
    """Best access the direction of traffic leaves, along and against the way; whoever is kept out is not asked."""
    for key in (f"{k}:conditional" for k in _ONEWAY_KEYS):
        if key in tags:
            refused.append(("conditional oneway not enforced", f"{key}={tags[key]}"))
    oneway = _oneway(tags)
    if oneway is not None:
        if oneway in _ONEWAY_YES:
            return CarAccess.YES, None
        if oneway in ("-1", "reverse"):
            return None, CarAccess.YES
        if oneway in _ONEWAY_NO:
            return CarAccess.YES, CarAccess.YES
        if oneway == _REVERSIBLE:
            # The direction changes by the clock: a vehicle may be met in both, a route should use neither.
            return CarAccess.RESTRICTED, CarAccess.RESTRICTED
        refused.append(("oneway not understood", f"oneway={oneway}"))
    implied = tags["highway"] == "motorway" or tags.get("junction") in ("roundabout", "circular")
    return CarAccess.YES, None if implied else CarAccess.YES


def is_reversible(tags: Tags) -> bool:
    """Does the one direction of the whole road change by the clock?"""
    return _oneway(tags) == _REVERSIBLE


def _oneway(tags: Tags) -> str | None:
    return next((tags[k] for k in _ONEWAY_KEYS if k in tags), None)


def _access(tags: Tags, direction: str, best: CarAccess, refused: Refused) -> CarAccess | None:
    may_open = False  # by a condition of this word or of a more special one
    for key in _KEYS:
        value = tags.get(key + direction, tags.get(key))
        may_open = may_open or f"{key}:conditional" in tags or f"{key}{direction}:conditional" in tags
        if value is None:
            continue
        understood, access = _value(value)
        if not understood:
            refused.append(("access not understood", f"{key}={value}"))
            continue
        if access is None:
            return CarAccess.RESTRICTED if may_open else None
        return CarAccess(max(access, best))
    return best


def _value(text: str) -> tuple[bool, CarAccess | None]:
    """Whether any of the values is understood, and the best that they allow; None for closed."""
    answers: set[CarAccess | None] = set()
    for value in text.split(";"):
        word = value.strip()
        if word in _OPEN:
            answers.add(CarAccess.YES)
        elif word in _DESTINATION:
            answers.add(CarAccess.DESTINATION)
        elif word in _RESTRICTED:
            answers.add(CarAccess.RESTRICTED)
        elif word in _CLOSED:
            answers.add(None)
    return bool(answers), min((a for a in answers if a is not None), default=None)
