"""Speed limits as tagged: what a way states, per direction, lane, vehicle and condition.

Nothing is resolved here. A number keeps its unit; a rule of law (`DE:urban`) stays a reference; a condition
stays as posted. What cannot be understood is refused with the text seen, and kept as UNKNOWN with that text and
a condition: it states something, and without it a weaker statement beside it would become certain.

A number without unit is km/h, as OpenStreetMap defines it. Where signs are in miles it often means miles:
there the other reading is kept beside it, under a condition.

Keys: `maxspeed[:VEHICLE][:forward|:backward][:lanes][:conditional]` in any order, `maxspeed:variable`, and
`maxspeed:type`, `source:maxspeed`, `zone:maxspeed`, `zone:traffic`, which say where a limit comes from. A
number whose origin is a sign is SIGNED; a rule beside a number is kept in its `raw`, and stands alone where
there is no number. A number in one of these that differs from the limit is kept as an alternative. Lanes
count from the left in driving direction, a two-way centre lane included.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from mapprior.build.access import Refused
from mapprior.model.limit import LimitKind, SpeedUnit, TaggedLimit
from mapprior.model.provenance import Basis

Tags = Mapping[str, str]

VALUE_MILLI_MAX = 500_000
LANES_COUNT_MAX = 32
CLAUSES_COUNT_MAX = 32

_ORIGIN_KEYS = ("source:maxspeed", "zone:maxspeed", "maxspeed:type", "zone:traffic")  # the first that speaks counts
_NUMBER = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)\s*(km/h|kmh|kph|kmph|mph|knots)?", re.IGNORECASE | re.ASCII)
_UNITS = {"mph": SpeedUnit.MPH, "knots": SpeedUnit.KNOTS}
_ZONE_NUMBER = re.compile(r"(?:[A-Za-z]{2}(?:-[A-Za-z]{2,3})?:)?(?:zone:?)?(\d{1,3})", re.ASCII)  # `30`, `DE:zone30`
_RULE = re.compile(r"([A-Za-z]{2}(?:-[A-Za-z]{2,3})?):([A-Za-z0-9_:.-]+)")
_VEHICLES = frozenset(
    {"motorcar", "motor_vehicle", "vehicle", "hgv", "hgv_articulated", "goods", "bus", "psv", "coach", "tourist_bus"}
    | {"minibus", "motorcycle", "moped", "mofa", "motorhome", "caravan", "trailer", "hov", "hazmat", "agricultural"}
    | {"share_taxi", "taxi", "towing", "light_duty_vehicle", "motor_vehicle_trailer"}
)
_CONDITION_WORDS = frozenset({"wet", "snow", "winter", "night"})
# Words of the family that state no limit by law.
_NO_LIMIT_WORDS = frozenset(
    {"advisory", "advised", "practical", "source", "type", "note", "signed", "date", "reason", "variable", "url", "ref"}
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
    """Reads the maxspeed family.

    `first_lanes`: for each direction the lane_index of its first own lane: 1 where a two-way centre lane lies
    to the left of it. `way_oneway`: traffic runs only along the way, so undirected lane lists are meant for it.
    `sign_unit`: KMH or MPH, what signs of the country show. Statements come in the order of their keys.
    """
    keys = sorted(key for key in tags if key == "maxspeed" or key.startswith("maxspeed:"))
    if not keys and not any(key in tags for key in _ORIGIN_KEYS):
        return NO_LIMITS
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
    variable = tags.get("maxspeed:variable", "no") != "no"
    forward, backward = (
        (*based, *_contradictions(based, tags, sign_unit))
        for side in sides
        for based in [_complete(side, tags, origin, variable, sign_unit)]
    )
    return WayLimits(forward, backward)


def _keep_refused(sides: tuple[list[TaggedLimit], list[TaggedLimit]], key: str, text: str) -> None:
    """Keeps a statement whose key cannot be followed, for the sides and the vehicle that it names."""
    words = key.split(":")[1:]
    if not text.strip():
        return
    vehicle = next((word for word in words if word in _VEHICLES), "")
    for side, other in ((0, "backward"), (1, "forward")):
        if other not in words:
            sides[side].append(_unknown(f"{key}={text}", vehicle))


@dataclass(frozen=True, slots=True)
class _Key:
    direction: str
    lanes: bool
    conditional: bool
    vehicle: str
    condition: str  # named by the key itself, an older form: `maxspeed:wet`


@lru_cache(maxsize=1024)
def _key(key: str) -> _Key | None:
    """None for a key that states no limit."""
    direction, lanes, conditional, vehicle, condition = "", False, False, "", ""
    for word in key.split(":")[1:]:
        if word in ("forward", "backward") and not direction:
            direction = word
        elif word == "both_ways":
            pass
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
    return _Key(direction, lanes, conditional, vehicle, condition)


def _statements(
    key: str, parsed: _Key, text: str, first_lane: int, sign_unit: SpeedUnit, refused: Refused
) -> Iterator[TaggedLimit]:
    raw = f"{key}={text}"
    clauses = _clauses(text) if parsed.conditional else [(text, parsed.condition)]
    if len(clauses) > CLAUSES_COUNT_MAX or not clauses:
        refused.append(("conditional speed limit not understood, kept undecided", raw))
        clauses = []
        yield _unknown(raw, parsed.vehicle, text)
    for value, condition in clauses:
        lanes = value.split("|") if parsed.lanes else [value]
        if len(lanes) > LANES_COUNT_MAX:
            refused.append(("speed limit with too many lanes", raw))
            yield _unknown(raw, parsed.vehicle, condition)
            continue
        for i, lane in enumerate(lanes):
            if parsed.lanes and not lane.strip():
                continue  # an empty place states nothing of its lane
            limit = parse_value(lane)
            lane_index = first_lane + i if parsed.lanes else -1
            if limit is not None:
                whole = replace(limit, vehicle=parsed.vehicle, condition=condition, lane_index=lane_index)
                yield from (replace(x, raw=raw) for x in _readings(whole, sign_unit))
            elif parsed.conditional:
                refused.append(("conditional speed limit not understood, kept undecided", raw))
                yield _unknown(raw, parsed.vehicle, condition)
            else:
                refused.append(("speed limit not understood", raw))
                if lane.strip():
                    yield _unknown(raw, parsed.vehicle, condition, lane_index)


def _unknown(raw: str, vehicle: str, condition: str = "", lane_index: int = -1) -> TaggedLimit:
    """A statement that says something, but what is not known: never without a condition."""
    return TaggedLimit(
        LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, raw, vehicle, condition or NOT_UNDERSTOOD, lane_index
    )


def _readings(limit: TaggedLimit, sign_unit: SpeedUnit) -> Iterator[TaggedLimit]:
    """A value as parsed, and where it has no unit and signs are in miles, what it is if miles are meant."""
    yield limit
    if sign_unit is SpeedUnit.MPH and limit.kind is LimitKind.LIMITED and limit.raw[-1].isdigit():
        condition = f"{limit.condition}; {IF_MPH}" if limit.condition else IF_MPH
        yield replace(limit, posted_unit=SpeedUnit.MPH, condition=condition)


@lru_cache(maxsize=4096)
def parse_value(text: str) -> TaggedLimit | None:
    """One value of the family, with `raw` as given; None where it is not understood.

    A number without unit is km/h in every country, as OpenStreetMap defines it.
    """
    text = text.strip()
    number = _NUMBER.fullmatch(text)
    if number is not None:
        milli = round(float(number[1]) * 1000)
        unit = _UNITS.get((number[2] or "").lower(), SpeedUnit.KMH)
        if not 0 < milli <= VALUE_MILLI_MAX:
            return None
        return TaggedLimit(LimitKind.LIMITED, milli, unit, Basis.TAGGED, text)
    kinds = {
        "none": LimitKind.UNLIMITED,
        "walk": LimitKind.WALK,
        "signals": LimitKind.VARIABLE,
        "variable": LimitKind.VARIABLE,
    }
    if text in kinds:
        return TaggedLimit(kinds[text], 0, SpeedUnit.NONE, Basis.TAGGED, text)
    rule = rule_ref(text)
    if rule is not None:
        return TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, text, rule_ref=rule)
    return None


def rule_ref(text: str) -> str | None:
    """`DE:urban` and the like, country in capitals; None for anything else."""
    rule = _RULE.fullmatch(text.strip())
    return None if rule is None else f"{rule[1].upper()}:{rule[2]}"


def _clauses(text: str) -> list[tuple[str, str]]:
    """(value, condition) of each clause `VALUE @ CONDITION`; [] where the text has no such form.

    Clauses are parted by `;` outside brackets and quotes; a part without `@` goes on with the condition before it.
    """
    parts, depth, quoted, start = [], 0, False, 0
    for i, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if depth < 0:
                return []
            if char == ";" and depth == 0:
                parts.append(text[start:i])
                start = i + 1
    parts.append(text[start:])
    if depth or quoted:
        return []
    clauses: list[tuple[str, str]] = []
    for part in parts:
        value, at, condition = part.partition("@")
        if at:
            clauses.append((value.strip(), _bare(condition)))
        elif clauses and part.strip():
            clauses[-1] = clauses[-1][0], f"{clauses[-1][1]}; {part.strip()}"
        elif part.strip():
            return []
    # A condition inside a lane list belongs behind the whole list; which lane it means cannot be said.
    return clauses if all(c and "@" not in c and "|" not in c for _, c in clauses) else []


def _bare(condition: str) -> str:
    """The condition without the brackets that enclose all of it."""
    condition = condition.strip()
    if not (condition.startswith("(") and condition.endswith(")")):
        return condition
    depth = 0
    for i, char in enumerate(condition):
        depth += (char == "(") - (char == ")")
        if depth == 0 and i < len(condition) - 1:
            return condition
    return condition[1:-1].strip()


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where the limit comes from: the key's own text, and the rule it names, if it does."""

    raw: str
    rule: str = ""
    signed: bool = False
    value: TaggedLimit | None = None  # `zone:maxspeed=30`: the number itself


def _origin(tags: Tags, refused: Refused) -> _Origin | None:
    for key in _ORIGIN_KEYS:
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


def _complete(
    limits: list[TaggedLimit], tags: Tags, origin: _Origin | None, variable: bool, sign_unit: SpeedUnit
) -> tuple[TaggedLimit, ...]:
    """Applies origin and variable signs to the statements for everyone, always, on all lanes."""
    based = False
    for i, limit in enumerate(limits):
        if limit.vehicle or limit.condition or limit.lane_index >= 0:
            continue
        based = True
        if origin is not None and limit.kind is LimitKind.LIMITED:
            basis = Basis.SIGNED if origin.signed else limit.basis
            limit = replace(limit, basis=basis, raw=f"{limit.raw}; {origin.raw}" if origin.rule else limit.raw)
        if variable and limit.kind in (LimitKind.LIMITED, LimitKind.UNLIMITED):
            limit = replace(limit, kind=LimitKind.VARIABLE, raw=f"{limit.raw}; {_variable_raw(tags)}")
        limits[i] = limit
    if not based and variable:
        raw = _variable_raw(tags)
        limits.append(TaggedLimit(LimitKind.VARIABLE, 0, SpeedUnit.NONE, Basis.TAGGED, raw))
    elif not based and origin is not None and origin.value is not None:
        limits.extend(replace(x, raw=origin.raw) for x in _readings(origin.value, sign_unit))
    elif not based and origin is not None and origin.rule:
        limits.append(TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, origin.raw, rule_ref=origin.rule))
    return tuple(limits)


def _contradictions(limits: tuple[TaggedLimit, ...], tags: Tags, sign_unit: SpeedUnit) -> Iterator[TaggedLimit]:
    """Numbers that an origin names and the statements for everyone do not: `maxspeed=50` with `zone:maxspeed=30`.

    Without a unit such a number is in that of the limit beside it; it repeats a sign and is no statement of its own.
    """
    stated = [x for x in limits if not (x.vehicle or x.condition or x.lane_index >= 0 or x.kind is LimitKind.UNKNOWN)]
    unit = next((x.posted_unit for x in stated if x.posted_value_milli), sign_unit)
    for key in _ORIGIN_KEYS:
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


def _variable_raw(tags: Tags) -> str:
    return f"maxspeed:variable={tags['maxspeed:variable']}"
