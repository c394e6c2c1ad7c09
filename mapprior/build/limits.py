"""Speed limits as tagged: what a way states, per direction, lane, vehicle and condition.

Nothing is resolved here. A number keeps its unit; a rule of law (`DE:urban`) stays a reference; a condition
stays as posted. What cannot be understood is refused with the text seen, and kept as UNKNOWN with that text and
a condition: it states something, and without it a weaker statement beside it would become certain.

A number without unit is km/h, as OpenStreetMap defines it. Where signs are in miles it often means miles:
there the other reading is kept beside it, under a condition.

Keys: `maxspeed[:VEHICLE][:forward|:backward][:lanes][:conditional]` in any order, the same with `:advisory`
(recommended, no limit) and with `minspeed` (the least allowed), `maxspeed:variable[:forward|:backward]`, and
`maxspeed:type`, `source:maxspeed`, `zone:maxspeed`, `zone:traffic`, which say where a limit comes from. A
number whose origin is a sign is SIGNED; a rule beside a number is kept in its `raw`, and stands alone where
there is no number. A number in one of these that differs from the limit is kept as an alternative. Lanes
count from the left in driving direction, a two-way centre lane included. `maxspeed:practical` is no limit.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from mapprior.build.access import Refused
from mapprior.market.clauses import clauses
from mapprior.market.speed_value import parse_value, rule_ref
from mapprior.model.limit import LimitKind, LimitRole, SpeedUnit, TaggedLimit
from mapprior.model.provenance import Basis

Tags = Mapping[str, str]

LANES_COUNT_MAX = 32
CLAUSES_COUNT_MAX = 32

ORIGIN_KEYS = ("source:maxspeed", "zone:maxspeed", "maxspeed:type", "zone:traffic")  # the first that speaks counts
_ZONE_NUMBER = re.compile(r"(?:[A-Za-z]{2}(?:-[A-Za-z]{2,3})?:)?(?:zone:?)?(\d{1,3})", re.ASCII)  # `30`, `DE:zone30`
_VEHICLES = frozenset(
    {"motorcar", "motor_vehicle", "vehicle", "hgv", "hgv_articulated", "goods", "bus", "psv", "coach", "tourist_bus"}
    | {"minibus", "motorcycle", "moped", "mofa", "motorhome", "caravan", "trailer", "hov", "hazmat", "agricultural"}
    | {"share_taxi", "taxi", "towing", "light_duty_vehicle", "motor_vehicle_trailer"}
)
_CONDITION_WORDS = frozenset({"wet", "snow", "winter", "night"})
_PREFIXES = ("maxspeed", "minspeed", *ORIGIN_KEYS)
_ROLES = {"maxspeed": LimitRole.MAXIMUM, "minspeed": LimitRole.MINIMUM}
_ADVISORY_WORDS = frozenset({"advisory", "advised"})  # the second is the older one
# Words of the family that state no speed of law.
_NO_LIMIT_WORDS = frozenset(
    {"practical", "source", "type", "note", "signed", "date", "reason", "variable", "url", "ref"}
    | {"sign", "gps", "check_date", "survey", "description", "old", "was", "disused", "bicycle", "foot", "railway"}
)
NOT_UNDERSTOOD = "not understood"  # condition of a statement that was refused
IF_MPH = "if the sign is in mph"


@dataclass(frozen=True, slots=True)
class WayLimits:
    """Statements for traffic along and against the way."""

    forward: tuple[TaggedLimit, ...]
    backward: tuple[TaggedLimit, ...]


NO_LIMITS = WayLimits((), ())


def limits_of(
    tags: Tags, *, first_lanes: tuple[int, int], way_oneway: bool, sign_unit: SpeedUnit, refused: Refused
) -> WayLimits:
    """Reads the maxspeed and minspeed families.

    `first_lanes`: for each direction the lane_index of its first own lane: 1 where a two-way centre lane lies
    to the left of it. `way_oneway`: traffic runs only along the way, so undirected lane lists are meant for it.
    `sign_unit`: KMH or MPH, what signs of the country show. Statements come in the order of their keys.
    """
    family = sorted((k, v) for k, v in tags.items() if k.startswith(_PREFIXES))
    if not family:
        return NO_LIMITS
    limits, noted = _limits_of(tuple(family), first_lanes, way_oneway, sign_unit)
    refused += noted
    return limits


@lru_cache(maxsize=4096)
def _limits_of(
    family: tuple[tuple[str, str], ...], first_lanes: tuple[int, int], way_oneway: bool, sign_unit: SpeedUnit
) -> tuple[WayLimits, Refused]:
    """The same tags on another way are read once: most ways of a country repeat a few."""
    tags, refused = dict(family), Refused()
    keys = [key for key in tags if key.partition(":")[0] in _ROLES]
    if not keys and not any(key in tags for key in ORIGIN_KEYS):
        return NO_LIMITS, refused
    sides: tuple[list[TaggedLimit], list[TaggedLimit]] = ([], [])
    for key in keys:
        parsed = _key(key)
        if parsed is None:
            if not _NO_LIMIT_WORDS.intersection(key.split(":")):
                refused.append(("speed limit with an unknown key", f"{key}={tags[key]}"))
                _keep_refused(sides, key, tags[key])
            continue
        if parsed.lanes and not parsed.direction and not way_oneway:
            refused.append(("speed limit per lane without direction", f"{key}={tags[key]}"))
            _keep_refused(sides, key, tags[key])
            continue
        for side in (0, 1):
            if parsed.direction in ("", ("forward", "backward")[side]):
                noted: Refused = refused if side == 0 or parsed.direction else []
                sides[side].extend(_statements(key, parsed, tags[key], first_lanes[side], sign_unit, noted))
    origin = _origin(tags, refused)
    forward, backward = (
        (*based, *_contradictions(based, tags, sign_unit))
        for side, word in zip(sides, ("forward", "backward"), strict=True)
        for based in [_complete(side, origin, _variable_raw(tags, word), sign_unit)]
    )
    return WayLimits(forward, backward), refused


def _keep_refused(sides: tuple[list[TaggedLimit], list[TaggedLimit]], key: str, text: str) -> None:
    """Keeps a statement whose key cannot be followed, for the sides and the vehicle that it names."""
    base, *words = key.split(":")
    if not text.strip():
        return
    vehicle = next((word for word in words if word in _VEHICLES), "")
    role = LimitRole.ADVISORY if _ADVISORY_WORDS.intersection(words) else _ROLES[base]
    for side, other in ((0, "backward"), (1, "forward")):
        if other not in words:
            sides[side].append(_unknown(f"{key}={text}", role, vehicle))


@dataclass(frozen=True, slots=True)
class _Key:
    role: LimitRole
    direction: str
    lanes: bool
    conditional: bool
    vehicle: str
    condition: str  # named by the key itself, an older form: `maxspeed:wet`


@lru_cache(maxsize=1024)
def _key(key: str) -> _Key | None:
    """None for a key that states no limit."""
    direction, lanes, conditional, vehicle, condition = "", False, False, "", ""
    base, *words = key.split(":")
    role = _ROLES[base]
    for word in words:
        if word in ("forward", "backward") and not direction:
            direction = word
        elif word == "both_ways":
            pass
        elif word in _ADVISORY_WORDS and role is LimitRole.MAXIMUM:
            role = LimitRole.ADVISORY
        elif word == "lanes":
            lanes = True
        elif word == "conditional":
            conditional = True
        elif word in _VEHICLES and not vehicle:
            vehicle = word
        elif word in _CONDITION_WORDS and not condition:
            condition = word
        else:
            return None
    return _Key(role, direction, lanes, conditional, vehicle, condition)


def _statements(
    key: str, parsed: _Key, text: str, first_lane: int, sign_unit: SpeedUnit, refused: Refused
) -> Iterator[TaggedLimit]:
    raw = f"{key}={text}"
    stated = clauses(text) if parsed.conditional else [(text, parsed.condition)]
    if len(stated) > CLAUSES_COUNT_MAX or not stated:
        refused.append(("conditional speed limit not understood, kept undecided", raw))
        stated = []
        yield _unknown(raw, parsed.role, parsed.vehicle, text)
    for value, condition in stated:
        lanes = value.split("|") if parsed.lanes else [value]
        if len(lanes) > LANES_COUNT_MAX:
            refused.append(("speed limit with too many lanes", raw))
            yield _unknown(raw, parsed.role, parsed.vehicle, condition)
            continue
        for i, lane in enumerate(lanes):
            if parsed.lanes and not lane.strip():
                continue  # an empty place states nothing of its lane
            limit = _value(lane, parsed.role)
            lane_index = first_lane + i if parsed.lanes else -1
            if limit is not None:
                whole = replace(
                    limit, vehicle=parsed.vehicle, condition=condition, lane_index=lane_index, role=parsed.role
                )
                yield from (replace(x, raw=raw) for x in _readings(whole, sign_unit))
            elif parsed.conditional:
                refused.append(("conditional speed limit not understood, kept undecided", raw))
                yield _unknown(raw, parsed.role, parsed.vehicle, condition)
            else:
                refused.append(("speed limit not understood", raw))
                if lane.strip():
                    yield _unknown(raw, parsed.role, parsed.vehicle, condition, lane_index)


def _value(text: str, role: LimitRole) -> TaggedLimit | None:
    """A value of the role; what is recommended or the least allowed is a number or nothing."""
    limit = parse_value(text)
    if limit is None or (role is not LimitRole.MAXIMUM and limit.kind is not LimitKind.LIMITED):
        return None
    return limit


def _unknown(raw: str, role: LimitRole, vehicle: str, condition: str = "", lane_index: int = -1) -> TaggedLimit:
    """A statement that says something, but what is not known: never without a condition."""
    condition = condition or NOT_UNDERSTOOD
    return TaggedLimit(
        LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, raw, vehicle, condition, lane_index, role=role
    )


def _readings(limit: TaggedLimit, sign_unit: SpeedUnit) -> Iterator[TaggedLimit]:
    """A value as parsed, and where it has no unit and signs are in miles, what it is if miles are meant."""
    yield limit
    if sign_unit is SpeedUnit.MPH and limit.kind is LimitKind.LIMITED and limit.raw[-1].isdigit():
        condition = f"{limit.condition}; {IF_MPH}" if limit.condition else IF_MPH
        yield replace(limit, posted_unit=SpeedUnit.MPH, condition=condition)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where the limit comes from: the key's own text, and the rule it names, if it does."""

    raw: str
    rule: str = ""
    signed: bool = False
    value: TaggedLimit | None = None  # `zone:maxspeed=30`: the number itself


def _origin(tags: Tags, refused: Refused) -> _Origin | None:
    for key in ORIGIN_KEYS:
        text = tags.get(key)
        if text is None:
            continue
        rule = rule_ref(text)
        if rule is not None:
            return _Origin(f"{key}={text}", rule=rule)
        if text in ("sign", "signed", "sign:zone"):
            return _Origin(f"{key}={text}", signed=True)
        if key == "zone:maxspeed":
            value = parse_value(text)
            if value is not None:
                return _Origin(f"{key}={text}", value=value)
            refused.append(("speed limit origin not understood", f"{key}={text}"))
    return None


def is_plain(limit: TaggedLimit) -> bool:
    """Is it a limit for everyone, always, on all lanes?"""
    return not (limit.vehicle or limit.condition or limit.lane_index >= 0) and limit.role is LimitRole.MAXIMUM


def _complete(
    limits: list[TaggedLimit], origin: _Origin | None, variable_raw: str, sign_unit: SpeedUnit
) -> tuple[TaggedLimit, ...]:
    """Applies origin and variable signs to the plain statements."""
    based = False
    for i, limit in enumerate(limits):
        if not is_plain(limit):
            continue
        based = True
        if origin is not None and limit.kind is LimitKind.LIMITED:
            basis = Basis.SIGNED if origin.signed else limit.basis
            limit = replace(limit, basis=basis, raw=f"{limit.raw}; {origin.raw}" if origin.rule else limit.raw)
        if variable_raw and limit.kind in (LimitKind.LIMITED, LimitKind.UNLIMITED):
            limit = replace(limit, kind=LimitKind.VARIABLE, raw=f"{limit.raw}; {variable_raw}")
        limits[i] = limit
    if not based and variable_raw:
        limits.append(TaggedLimit(LimitKind.VARIABLE, 0, SpeedUnit.NONE, Basis.TAGGED, variable_raw))
    elif not based and origin is not None and origin.value is not None:
        limits.extend(replace(x, raw=origin.raw) for x in _readings(origin.value, sign_unit))
    elif not based and origin is not None and origin.rule:
        limits.append(TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, origin.raw, rule_ref=origin.rule))
    return tuple(limits)


def _contradictions(limits: tuple[TaggedLimit, ...], tags: Tags, sign_unit: SpeedUnit) -> Iterator[TaggedLimit]:
    """Numbers that an origin names and the statements for everyone do not: `maxspeed=50` with `zone:maxspeed=30`.

    Without a unit such a number is in that of the limit beside it; it repeats a sign and is no statement of its own.
    """
    stated = [x for x in limits if is_plain(x) and x.kind is not LimitKind.UNKNOWN]
    unit = next((x.posted_unit for x in stated if x.posted_value_milli), sign_unit)
    for key in ORIGIN_KEYS:
        text = tags.get(key, "").strip()
        bare = _ZONE_NUMBER.fullmatch(text)
        named = parse_value(bare[1] if bare is not None else text)
        if named is None or named.kind is not LimitKind.LIMITED:
            continue
        if bare is not None:
            named = replace(named, posted_unit=unit)
        value = (named.posted_value_milli, named.posted_unit)
        if not stated or any((x.posted_value_milli, x.posted_unit) != value for x in stated):
            yield replace(named, raw=f"{key}={text}", condition=f"by {key}")


def _variable_raw(tags: Tags, direction: str) -> str:
    """The tag that says that a variable sign decides; empty where none does."""
    for key in (f"maxspeed:variable:{direction}", "maxspeed:variable"):
        if key in tags:
            return f"{key}={tags[key]}" if tags[key] != "no" else ""
    return ""
