"""Market packs: the law and the customs of one country as data, read strictly.

A pack is one dated TOML file, `packs/<CC>.toml`; its JSON form (dates as ISO text) travels in `market.json`, and
the same reader checks both. Whatever it does not know is an error that names file, entry, value and what is
allowed: a typing mistake in a law must never become a limit that is quietly missing.

What is written in a pack:

- `[sources.KEY]`: `what`, `kind`, and `licence` where it is not ours to give. Every value names its sources and its
  confidence: `sourced` a source was read, `secondary` read but weak, `conflict` sources disagree, `weak`,
  `unverified` general knowledge, `unknown` (then there is no value).
- `[[road_types]]`: what law calls a road. A road is of the last type in file order all of whose `when` words are
  found; a type without `when` is only ever named by a reference. `DE:rural` names the type `rural` of `DE`, by its
  name or one of its `aliases`. A type without limits is one whose law is not known.
- `[[limits]]`: a statement of law in OpenStreetMap's grammar, `maxspeed[:VEHICLE][:advisory][:conditional]` or
  `minspeed[:VEHICLE][:conditional]`. A number is in the unit of the market's signs, with its unit unless that is
  km/h. For each vehicle word the last clause that holds counts, over the words the lowest limit. Weight conditions
  belong under a vehicle word (`hgv` is every vehicle above 3.5 t), or a car of unknown mass is undecided everywhere.
  `bus` is every bus, but not a coach where `coach` stands beside it; `goods` is of any mass, but only the light ones
  where `hgv` stands beside it.
- `region` (ISO 3166-2): the entry holds there instead of the entry of the same type and key without region.
  `valid_from` (inclusive) and `valid_to` (exclusive): since when and until when it is the law.
- the rest: customs that no limit follows from, value by value.

Does not know which pack holds where, nor how a statement is evaluated (`law.py`, `effective.py`).
"""

import datetime as dt
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import Any, Final

from mapprior.errors import ConfigError
from mapprior.market.clauses import clauses
from mapprior.market.condition import Refused, parse_condition
from mapprior.market.speed_value import parse_value
from mapprior.market.strict_table import StrictTable
from mapprior.model.limit import LimitKind, LimitRole, SpeedUnit, TaggedLimit

SCHEMA: Final = 1
UNITS: Final = {"km/h": SpeedUnit.KMH, "mph": SpeedUnit.MPH}
CONFIDENCES: Final = ("sourced", "secondary", "conflict", "weak", "unverified", "unknown")
# What a build can find about the setting of a road; `ref:N` beside these: its number begins so. Lanes count as
# build/through_lanes.py says.
ROAD_WORDS: Final = frozenset(
    {"urban", "rural", "motorway", "motorroad", "expressway", "dual_carriageway", "single_carriageway", "lanes_1"}
    | {"lanes_1_any_way", "lanes_2_each_way", "marked_lanes"}
    | {"lanes_2_or_more", "living_street", "cycle_street", "pedestrian", "service", "parking_aisle", "alley", "unpaved"}
    | {"no_centre_line", "lit", "unlit", "numbered", "slip_road", "roundabout", "school_zone", "residential", "trunk"}
    | {"primary", "secondary", "tertiary", "unclassified", "track", "tunnel", "bridge", "zone"}
)
# Words for which a vehicle profile tells whether they mean it. One that it cannot tell would leave every car undecided.
VEHICLE_WORDS: Final = frozenset(
    {"motorcar", "motorcycle", "moped", "goods", "hgv", "hgv_articulated", "bus", "coach", "hazmat"}
    | {"motorhome", "agricultural"}
)
_SINGLE_VALUES: Final = ("driving_side", "speed_unit", "shoulder", "rescue_lane")
_VALUE_TABLES: Final = {
    "lane_width_m": ("motorway", "rural"),
    "work_zone": (
        *("marking_colour", "temporary_overrides_permanent", "min_lane_width_m", "default_speed_kmh"),
        *("line_width_m", "approach_steps", "max_passage_width_field", "overrides", "studs"),
    ),
    "lane_markings": ("permanent_colour", "yellow_means", "raised_markers"),
    "regulation": ("un_1958_party", "eu_gsr_isa"),
    "data_regime": ("law", "may_leave_country", "map_data_export"),
}
_TABLES: Final = frozenset(
    {"schema", "market", "name", "dated", "sources", "osm", "road_types", "limits", "rule_notes"}
    | {*_SINGLE_VALUES, *_VALUE_TABLES}
)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ALIAS = re.compile(r"[A-Za-z0-9_.-]+(?::[A-Za-z0-9_.-]+)*")
_MARKET = re.compile(r"[A-Z]{2}")
_REFERENCE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?:.+")
_REF_WORD = re.compile(r"ref:\S+")
_SLOW_ZONE = re.compile(r"(?:zone:?)?([1-9]\d{0,2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class RoadType:
    """What law calls a road. `when` None: found by no words, only named by references."""

    name: str
    aliases: tuple[str, ...]
    when: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class LawEntry:
    """One statement of law, and what it says for one vehicle word: a base value, or clauses in order."""

    road_type: str
    key: str
    text: str
    statements: tuple[TaggedLimit, ...]
    confidence: str
    valid_from: dt.date | None
    valid_to: dt.date | None
    region: str

    def is_valid(self, date: dt.date) -> bool:
        """From `valid_from`, before `valid_to`."""
        return (self.valid_from is None or self.valid_from <= date) and (self.valid_to is None or date < self.valid_to)


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that was checked: the law as objects, everything else as plain JSON values in `table`."""

    market: str
    name: str
    dated: dt.date
    speed_unit: SpeedUnit
    road_types: tuple[RoadType, ...]
    limits: tuple[LawEntry, ...]
    table: Mapping[str, Any] = field(repr=False)

    def type_named(self, word: str) -> RoadType | None:
        """The road type with this name or alias, the part of a reference behind the colon."""
        return next((x for x in self.road_types if word == x.name or word in x.aliases), None)


def slow_zone(word: str, unit: SpeedUnit = SpeedUnit.KMH) -> int | None:
    """The number of a slow zone's reference: `zone30`, `zone:30`, `30`. None for any other word.

    Up to 30 km/h, or 20 mph where signs show that; a higher number is one on a sign and names no zone of law.
    """
    zone = _SLOW_ZONE.fullmatch(word)
    number = 0 if zone is None else int(zone[1])
    return number if 0 < number <= _SLOW_ZONE_MAX[unit] else None


_SLOW_ZONE_MAX: Final = {SpeedUnit.KMH: 30, SpeedUnit.MPH: 20}


@cache
def load_pack(market: str) -> Pack | None:
    """The pack that this package has of a market, checked; None where it has none."""
    file = _packs().joinpath(f"{market}.toml")
    if not _MARKET.fullmatch(market) or not file.is_file():
        return None
    pack = parse_pack(file.read_bytes(), file.name)
    if pack.market != market:
        raise ConfigError(
            f"market pack {file.name}: market is {pack.market!r}; allowed: {market!r}, as the file is named"
        )
    return pack


def parse_pack(text: bytes, file: str) -> Pack:
    """Reads a pack as it lies in its file. ConfigError names `file` and what is wrong."""
    try:
        table = tomllib.loads(text.decode())
    except ValueError as error:
        raise ConfigError(f"market pack {file}: no TOML: {error}") from None
    return read_pack(table, file)


def _packs() -> Traversable:
    return resources.files("mapprior.market").joinpath("packs")


def read_pack(table: Mapping[str, Any], file: str) -> Pack:
    """Checks a pack, read from TOML or from JSON. ConfigError names `file`, the entry and what is wrong with it."""
    top = StrictTable(table, file, "")
    top.only(_TABLES)
    if top.get("schema", int) != SCHEMA:
        raise top.error("schema", f"allowed: {SCHEMA}")
    market = top.text("market", _MARKET)
    sources = top.table("sources")
    for key in sources.data:
        entry = sources.table(key)
        entry.only(("what", "kind", "licence"))
        for name in ("what", "kind", *(["licence"] if "licence" in entry.data else [])):
            entry.text(name)
    known = frozenset(sources.data)
    for name in _SINGLE_VALUES:
        _check_value(top.table(name), known)
    unit = top.table("speed_unit").choice("value", tuple(UNITS))
    top.table("driving_side").choice("value", ("left", "right"))
    for name, keys in _VALUE_TABLES.items():
        entries = top.table(name)
        entries.only(keys)
        for key in entries.data:
            _check_value(entries.table(key), known)
    for note in top.tables("rule_notes"):
        _check_value(note, known)
    road_types = tuple(_road_type(x) for x in top.tables("road_types"))
    _check_road_types(road_types, top)
    names = tuple(x.name for x in road_types)
    limits = tuple(_law_entry(x, names, known, market, UNITS[unit]) for x in top.tables("limits"))
    _check_validity(limits, top)
    pack = Pack(market, top.text("name"), top.date("dated"), UNITS[unit], road_types, limits, _plain(table))
    _check_references(pack, top.table("osm"))
    return pack


def _check_value(entry: StrictTable, sources: frozenset[str], more: tuple[str, ...] = ()) -> None:
    """`value`, `sources`, `confidence` and maybe `note`: unknown has neither value nor need of a source."""
    entry.only(("value", "sources", "confidence", "note", *more))
    unknown = entry.choice("confidence", CONFIDENCES) == "unknown"
    if unknown is ("value" in entry.data):
        raise entry.error("value", "allowed: a value, or none where confidence is unknown")
    if not unknown and not _is_plain(entry.data["value"]):
        raise entry.error("value", "allowed: text, numbers, true, false, and lists and tables of these")
    named = entry.texts("sources")
    if not sources.issuperset(named) or not (named or unknown):
        raise entry.error("sources", f"allowed: one or more of {', '.join(sorted(sources))}")
    if "note" in entry.data:
        entry.text("note")


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_plain(v) for k, v in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def _plain(value: Any) -> Any:
    """Plain JSON values: dates become ISO text."""
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _road_type(entry: StrictTable) -> RoadType:
    entry.only(("name", "aliases", "when"))
    aliases = entry.texts("aliases") if "aliases" in entry.data else ()
    if not all(map(_ALIAS.fullmatch, aliases)):
        raise entry.error("aliases", f"allowed: {_ALIAS.pattern}")
    when = frozenset(entry.texts("when")) if "when" in entry.data else None
    if when is not None and not all(word in ROAD_WORDS or _REF_WORD.fullmatch(word) for word in when):
        raise entry.error("when", f"allowed: ref:<prefix>, {', '.join(sorted(ROAD_WORDS))}")
    return RoadType(entry.text("name", _NAME), aliases, when)


def _check_road_types(road_types: tuple[RoadType, ...], top: StrictTable) -> None:
    """Each word names one type, and no type hides behind a later one that asks for no more."""
    words = [word for x in road_types for word in (x.name, *x.aliases)]
    twice = {word for word in words if words.count(word) > 1}
    if twice or not words:
        raise ConfigError(
            f"market pack {top.file}: road_types: names and aliases twice, or none at all: {sorted(twice)}"
        )
    for i, hidden in enumerate(road_types):
        for later in road_types[i + 1 :]:
            if hidden.when is not None and later.when is not None and later.when <= hidden.when:
                raise ConfigError(
                    f"market pack {top.file}: road_types[{i}] {hidden.name!r} can never be found: the later "
                    f"{later.name!r} asks for {sorted(later.when)} only; put {hidden.name!r} behind it"
                )


def _law_entry(
    entry: StrictTable, names: tuple[str, ...], sources: frozenset[str], market: str, unit: SpeedUnit
) -> LawEntry:
    _check_value(entry, sources, ("road_type", "key", "valid_from", "valid_to", "region"))
    road_type, key, text = entry.choice("road_type", names), entry.text("key"), entry.text("value")
    statements = _statements(entry, key, text, unit)
    since, until = (entry.date(k) if k in entry.data else None for k in ("valid_from", "valid_to"))
    if since is not None and until is not None and since >= until:
        raise entry.error("valid_to", f"allowed: a date after {since}")
    region = entry.text("region", re.compile(f"{market}-[A-Z0-9]{{1,3}}")) if "region" in entry.data else ""
    return LawEntry(road_type, key, text, statements, entry.data["confidence"], since, until, region)


def _statements(entry: StrictTable, key: str, text: str, unit: SpeedUnit) -> tuple[TaggedLimit, ...]:
    """What an entry says, clause by clause, still without basis and origin."""
    base, *words = key.split(":")
    conditional = words[-1:] == ["conditional"]
    words = words[:-1] if conditional else words
    role = LimitRole.MAXIMUM if base == "maxspeed" else LimitRole.MINIMUM
    if words[-1:] == ["advisory"] and role is LimitRole.MAXIMUM:
        role, words = LimitRole.ADVISORY, words[:-1]
    if base not in ("maxspeed", "minspeed") or len(words) > 1 or not VEHICLE_WORDS.issuperset(words):
        raise entry.error(
            "key",
            "allowed: maxspeed[:VEHICLE][:advisory][:conditional] or minspeed[:VEHICLE][:conditional], "
            f"VEHICLE one of {', '.join(sorted(VEHICLE_WORDS))}",
        )
    found = []
    for value, condition in clauses(text) if conditional else [(text, "")]:
        limit = parse_value(value)
        kinds = (LimitKind.LIMITED, LimitKind.UNLIMITED, LimitKind.WALK)
        if limit is None or limit.kind not in (kinds if role is LimitRole.MAXIMUM else kinds[:1]):
            raise entry.error("value", "allowed: a number with its unit unless km/h, none or walk for a maximum")
        if limit.posted_unit not in (unit, SpeedUnit.NONE):
            raise entry.error("value", f"allowed: numbers in the market's own unit, {unit.name}")
        known = parse_condition(condition) if conditional else None
        if isinstance(known, Refused):
            raise entry.error("value", f"the condition {condition!r} is refused: {known.reason}")
        vehicle = words[0] if words else ""
        found.append(TaggedLimit(**_fields(limit), vehicle=vehicle, condition=condition, role=role))
    if not found:
        raise entry.error("value", "allowed: VALUE @ (CONDITION), joined by ';'")
    return tuple(found)


def _fields(limit: TaggedLimit) -> dict[str, Any]:
    names = ("kind", "posted_value_milli", "posted_unit", "basis", "raw")
    return {name: getattr(limit, name) for name in names}


def _check_validity(limits: tuple[LawEntry, ...], top: StrictTable) -> None:
    """Of one road type, key and region one entry holds at a time."""
    groups: dict[tuple[str, str, str], list[LawEntry]] = {}
    for x in limits:
        groups.setdefault((x.road_type, x.key, x.region), []).append(x)
    for group in groups.values():
        for one, next_one in pairwise(sorted(group, key=lambda x: x.valid_from or dt.date.min)):
            if one.valid_to is None or next_one.valid_from is None or one.valid_to > next_one.valid_from:
                raise ConfigError(
                    f"market pack {top.file}: limits of {one.road_type!r}, {one.key} {one.region}: "
                    f"{one.text!r} and {next_one.text!r} hold at the same time; part them by valid_from and valid_to"
                )


def _check_references(pack: Pack, osm: StrictTable) -> None:
    """Every reference that is said to be in use must be one that the pack answers."""
    osm.only(("references", "default_speed_keys"))
    osm.texts("default_speed_keys")
    for reference in osm.texts("references"):
        prefix, _, word = reference.partition(":")
        known = pack.type_named(word) is not None or _SLOW_ZONE.fullmatch(word) is not None  # a zone or a number
        if not _REFERENCE.fullmatch(reference) or prefix.partition("-")[0] != pack.market or not known:
            raise osm.error("references", f"{reference!r} is neither a slow zone nor a road type of {pack.market}")
