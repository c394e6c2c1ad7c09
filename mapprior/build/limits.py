"""Speed limits as tagged: what a way states, per direction, lane, vehicle and condition.

Nothing is resolved here. A number keeps its unit; a rule of law (`DE:urban`) stays a reference; a condition
stays as posted. What cannot be understood is refused with the text seen, and kept as UNKNOWN with that text and
a condition: it states something, and without it a weaker statement beside it would become certain.

A number without unit is km/h, as OpenStreetMap defines it. Where signs are in miles it often means miles:
there the other reading is kept beside it, under a condition.

Keys: `maxspeed[:VEHICLE][:forward|:backward][:lanes][:conditional]` in any order, the same with `:advisory`
(recommended, no limit) and with `minspeed` (the least allowed), `variable` among the words of a `maxspeed`, and
`maxspeed:type`, `source:maxspeed`, `zone:maxspeed`, `zone:traffic`, which say where a limit comes from. A
number whose origin is a sign is SIGNED; a rule beside a number is kept in its `raw`, and stands alone where
there is no number. A number in one of these that differs from the limit is kept as an alternative. Lanes
count from the left in driving direction, a two-way centre lane included. `maxspeed:practical` is no limit.

A list of lanes with another count of places than the direction has lanes, or where lane tags contradict one another,
is doubted: which lane is meant is not known. A number named like a rule and above what slow zones have (`DE:zone100`)
is a number on a sign.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from mapprior.build.access import Refused
from mapprior.market.clauses import clauses
from mapprior.market.pack import slow_zone
from mapprior.market.speed_value import VALUE_MILLI_MAX, parse_value, rule_ref
from mapprior.model.limit import LimitKind, LimitRole, SpeedUnit, TaggedLimit
from mapprior.model.provenance import Basis

Tags = Mapping[str, str]

LANES_COUNT_MAX = 32
CLAUSES_COUNT_MAX = 32
DOUBTED_PERMILLE = 300  # a working figure

ORIGIN_KEYS = ("source:maxspeed", "zone:maxspeed", "maxspeed:type", "zone:traffic")  # the first that speaks counts
SIGN_WORDS = ("sign", "signed", "sign:zone")
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
    {"practical", "source", "type", "note", "signed", "date", "reason", "url", "ref"}
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
    tags: Tags,
    *,
    first_lanes: tuple[int, int],
    way_oneway: bool,
    sign_unit: SpeedUnit,
    refused: Refused,
    lanes_stated: tuple[int | None, int | None] = (0, 0),
) -> WayLimits:
    """Reads the maxspeed and minspeed families.

    `first_lanes`: for each direction the lane_index of its first own lane: 1 where a two-way centre lane lies
    to the left of it. `way_oneway`: traffic runs only along the way, so undirected lane lists are meant for it.
    `lanes_stated`: how many lanes the directions have by `lane_counts.py`, that one not counted: 0 where no tag says
    it, None where tags contradict one another.
    `sign_unit`: KMH or MPH, what signs of the country show. Statements come in the order of their keys.
    """
    family = sorted((k, v) for k, v in tags.items() if k.startswith(_PREFIXES))
    if not family:
        return NO_LIMITS
    limits, noted = _limits_of(tuple(family), first_lanes, lanes_stated, way_oneway, sign_unit)
    refused += noted
    return limits


@lru_cache(maxsize=4096)
def _limits_of(
    family: tuple[tuple[str, str], ...],
    first_lanes: tuple[int, int],
    lanes_stated: tuple[int | None, int | None],
    way_oneway: bool,
    sign_unit: SpeedUnit,
) -> tuple[WayLimits, Refused]:
    """The same tags on another way are read once: most ways of a country repeat a few."""
    tags, refused = dict(family), Refused()
    keys = [key for key in tags if key.partition(":")[0] in _ROLES]
    if not keys and not any(key in tags for key in ORIGIN_KEYS):
        return NO_LIMITS, refused
    sides: tuple[list[TaggedLimit], list[TaggedLimit]] = ([], [])
    for key in keys:
        if _is_variable(key):
            continue
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
                places = first_lanes[side], lanes_stated[side]
                sides[side].extend(_statements(key, parsed, tags[key], places, sign_unit, noted))
    variable = [_variable(key, tags[key]) for key in keys if _is_variable(key)]
    origin = _origin(tags, sign_unit, refused)
    forward, backward = (
        (*based, *_contradictions(based, tags, sign_unit))
        for side, word in zip(sides, ("forward", "backward"), strict=True)
        for based in [_with_variable(_complete(side, origin, sign_unit), variable, word)]
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
    key: str, parsed: _Key, text: str, places: tuple[int, int | None], sign_unit: SpeedUnit, refused: Refused
) -> Iterator[TaggedLimit]:
    """`places`: the lane_index of the first own lane, and how many lanes there are, as `lanes_stated` has it."""
    raw, (first_lane, lane_count) = f"{key}={text}", places
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
        doubted = parsed.lanes and lane_count not in (0, len(lanes))
        if doubted:
            refused.append(("lane list with another count than lanes", f"{raw}; {_words(lane_count)}"))
        for i, lane in enumerate(lanes):
            if parsed.lanes and not lane.strip():
                continue  # an empty place states nothing of its lane
            limit = _value(lane, parsed.role, sign_unit)
            lane_index = first_lane + i if parsed.lanes else -1
            if limit is not None:
                whole = replace(
                    limit,
                    vehicle=parsed.vehicle,
                    condition=condition,
                    lane_index=lane_index,
                    role=parsed.role,
                    confidence_permille=DOUBTED_PERMILLE if doubted else 0,
                )
                yield from (replace(x, raw=raw) for x in _readings(whole, sign_unit))
            elif parsed.conditional:
                refused.append(("conditional speed limit not understood, kept undecided", raw))
                yield _unknown(raw, parsed.role, parsed.vehicle, condition)
            else:
                refused.append(("speed limit not understood", raw))
                if lane.strip():
                    yield _unknown(raw, parsed.role, parsed.vehicle, condition, lane_index)


def _words(lane_count: int | None) -> str:
    return "lane tags that contradict one another" if lane_count is None else f"{lane_count} lanes"


def _value(text: str, role: LimitRole, sign_unit: SpeedUnit) -> TaggedLimit | None:
    """A value of the role; what is recommended or the least allowed is a number or nothing."""
    limit = _zone_sign(text, sign_unit) or parse_value(text)
    if limit is None or (role is not LimitRole.MAXIMUM and limit.kind is not LimitKind.LIMITED):
        return None
    return limit


def _zone_sign(text: str, sign_unit: SpeedUnit) -> TaggedLimit | None:
    """The number of a reference that is no slow zone: `DE:zone100`, `NL:60`; in the unit of the signs."""
    rule, number = rule_ref(text), _ZONE_NUMBER.fullmatch(text.strip())
    if rule is None or number is None or slow_zone(rule.partition(":")[2], sign_unit) is not None:
        return None
    milli = int(number[1]) * 1000
    if not 0 < milli <= VALUE_MILLI_MAX:
        return None
    return TaggedLimit(LimitKind.LIMITED, milli, sign_unit, Basis.TAGGED, text.strip())


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


def _origin(tags: Tags, sign_unit: SpeedUnit, refused: Refused) -> _Origin | None:
    for key in ORIGIN_KEYS:
        text = tags.get(key)
        if text is None:
            continue
        zone = _zone_sign(text, sign_unit)
        if zone is not None:
            return _Origin(f"{key}={text}", value=replace(zone, raw=f"{key}={text}"))
        rule = rule_ref(text)
        if rule is not None:
            return _Origin(f"{key}={text}", rule=rule)
        if text in SIGN_WORDS:
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


def _complete(limits: list[TaggedLimit], origin: _Origin | None, sign_unit: SpeedUnit) -> list[TaggedLimit]:
    """Applies the origin to the plain statements."""
    based = False
    for i, limit in enumerate(limits):
        if not is_plain(limit):
            continue
        based = True
        if origin is not None and limit.kind is LimitKind.LIMITED:
            basis = Basis.SIGNED if origin.signed else limit.basis
            limit = replace(limit, basis=basis, raw=f"{limit.raw}; {origin.raw}" if origin.rule else limit.raw)
        limits[i] = limit
    if not based and origin is not None and origin.value is not None:
        limits.extend(replace(x, raw=origin.raw) for x in _readings(origin.value, sign_unit))
    elif not based and origin is not None and origin.rule:
        limits.append(TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, origin.raw, rule_ref=origin.rule))
    return limits


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


@dataclass(frozen=True, slots=True)
class _Variable:
    """A tag that says whether a variable sign decides, for one direction or both, for all vehicles or one."""

    raw: str
    direction: str
    vehicle: str
    conditions: tuple[str, ...]  # "" for always; none where the tag says that there is no such sign


def _is_variable(key: str) -> bool:
    """`variable` may stand anywhere in a key; what is said about such a tag (`:source`) is no limit."""
    base, *words = key.split(":")
    return _ROLES[base] is LimitRole.MAXIMUM and "variable" in words and not _NOT_VARIABLE.intersection(words)


_NOT_VARIABLE = _NO_LIMIT_WORDS | _ADVISORY_WORDS


def _variable(key: str, text: str) -> _Variable:
    """Words that are not known count for nothing: such a sign is rather seen where there is none."""
    words = key.split(":")
    stated = clauses(text) if "conditional" in words else [(text, "")]
    if not stated or len(stated) > CLAUSES_COUNT_MAX:
        stated = [(text, NOT_UNDERSTOOD)]
    own = next((word for word in words if word in _CONDITION_WORDS), "")
    conditions = [
        condition or own or ("" if "conditional" not in words else NOT_UNDERSTOOD)
        for value, condition in stated
        if {place.strip() for place in value.split("|")} - {"no"} - ({""} if "|" in value else set())
    ]
    return _Variable(
        raw=f"{key}={text}",
        direction=next((word for word in words if word in ("forward", "backward")), ""),
        vehicle=next((word for word in words if word in _VEHICLES), ""),
        conditions=tuple(conditions),
    )


def _with_variable(limits: list[TaggedLimit], variable: list[_Variable], direction: str) -> tuple[TaggedLimit, ...]:
    """Numbers become the most that a variable sign may show; without a number the sign stands alone.

    Of tags for a direction and for both, those for the direction count.
    """
    for vehicle in dict.fromkeys(x.vehicle for x in variable):
        meant = [x for x in variable if x.vehicle == vehicle and x.direction in ("", direction)]
        meant = [x for x in meant if x.direction] or meant
        always = next((x.raw for x in meant if "" in x.conditions), "")
        if always:
            limits = _made_variable(limits, vehicle, always)
        for x in meant:
            for condition in filter(None, x.conditions):
                sign = TaggedLimit(LimitKind.VARIABLE, 0, SpeedUnit.NONE, Basis.TAGGED, x.raw, vehicle, condition)
                limits.append(sign)
    return tuple(limits)


def _made_variable(limits: list[TaggedLimit], vehicle: str, raw: str) -> list[TaggedLimit]:
    found, based = [], False
    for x in limits:
        if x.role is LimitRole.MAXIMUM and x.vehicle == vehicle and not x.condition:
            if x.kind in (LimitKind.LIMITED, LimitKind.UNLIMITED):
                x = replace(x, kind=LimitKind.VARIABLE, raw=f"{x.raw}; {raw}")
            based = based or (x.lane_index < 0 and not x.rule_ref)
        found.append(x)
    if not based:
        found.append(TaggedLimit(LimitKind.VARIABLE, 0, SpeedUnit.NONE, Basis.TAGGED, raw, vehicle))
    return found
