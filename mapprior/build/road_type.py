"""Which road type of the market's law a road is, and the rule statements that say so.

In: the words that a road's tags and its place in the network give (dual carriageway, lanes, class, ...), and
whether it lies in a built-up area. Out: for each direction one statement that names the rule (`DE:rural`), with
the evidence it rests on as its text, and a second one under a condition where the setting is inferred.

Tags that speak of a rule are `maxspeed`, `source:maxspeed`, `zone:maxspeed`, `maxspeed:type` and `zone:traffic`, also
per direction. `XX:urban` and `XX:rural` say where the road lies and no more: a motorway in a town is a motorway. The
type follows from all words of the road, and its basis is

1. TAGGED, where it rests on a tag of the limit (`source:maxspeed=DE:rural`) or is what a sign says (living street);
2. LAW_DEFAULT, where it is the same inside and outside built-up areas (motorway), or a tag that does not speak of
   limits says which (`zone:traffic`): whether a sign stands there is not told, so law's number is not certain;
3. INFERRED, where it rests on the rule of `settlement.py`, with its measured confidence; the type that the road has
   if that is wrong is stated beside it, under a condition.

Another word names the rule itself (`GB:nsl_dual`), TAGGED. Where the road looks like another type, both are
stated, the named one first with NAMED_PERMILLE (a working figure), and the answer is left undecided. A slow zone is
stated beside the type of the road. A reference to another country's law is kept as it is; one to this market's law
that its pack does not know names nothing. Where tags say that there is a sign and not which number it shows, law's
own number is contradicted: every rule is INFERRED then, with UNREAD_SIGN_PERMILLE at most (a working figure).

A carriageway that was only found by pairing, not by tag, makes the type it decides INFERRED too, with a chance of
DUAL_PERMILLE (a working figure). Lanes that go on in each direction are counted by `through_lanes.py`.

Where no number holds on the type, and the type rests on a count of lanes or on pairing, the type without them is
stated beside it, under a condition: that lanes are counted in a map does not tell how they are marked, and the number
that holds otherwise must be among the answers (LANES_PERMILLE, a working figure, is the chance of such a count).
A ramp whose type rests on the class of the road that it belongs to may be another one: `ramp_law.py`.
Does not know any number: what a type means is the law's to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from mapprior.build.limits import ORIGIN_KEYS, SIGN_WORDS, WayLimits, is_plain
from mapprior.build.ramp_law import MAIN_ROAD_WORDS, of_ramp
from mapprior.build.road import Road
from mapprior.build.settlement import LIT, Setting, way_evidence
from mapprior.build.through_lanes import ThroughLanes, through_lanes
from mapprior.geo.units import KMH_PER_MPS
from mapprior.market.law import MarketLaw
from mapprior.market.pack import slow_zone
from mapprior.market.speed_value import rule_ref
from mapprior.market.vehicle_statements import directed_first
from mapprior.model.limit import LimitKind, LimitRole, SpeedUnit, TaggedLimit, mm_per_sec
from mapprior.model.link import FormOfWay, RoadClass
from mapprior.model.provenance import Basis

Tags = Mapping[str, str]

DUAL_PERMILLE: Final = 900
LANES_PERMILLE: Final = 900
NAMED_PERMILLE: Final = 600
UNREAD_SIGN_PERMILLE: Final = 300
BUILT_UP, NOT_BUILT_UP = "if built-up", "if not built-up"  # condition of the second statement
FEWER_LANES, ONE_CARRIAGEWAY = "if fewer lanes are marked", "if no dual carriageway"  # of the type without them

_SIDES: Final = ("forward", "backward")
_CLASS_WORDS: Final = {
    RoadClass.MOTORWAY: "motorway",
    RoadClass.TRUNK: "trunk",
    RoadClass.PRIMARY: "primary",
    RoadClass.SECONDARY: "secondary",
    RoadClass.TERTIARY: "tertiary",
    RoadClass.UNCLASSIFIED: "unclassified",
    RoadClass.RESIDENTIAL: "residential",
    RoadClass.LIVING_STREET: "living_street",
    RoadClass.SERVICE: "service",
    RoadClass.TRACK: "track",
}
_UNPAVED: Final = frozenset(
    {"unpaved", "gravel", "fine_gravel", "compacted", "ground", "dirt", "earth", "grass", "sand", "mud", "pebblestone"}
    | {"rock", "grass_paver", "woodchips", "snow", "ice", "clay"}
)
# Word, key, and the values that give it.
_TAG_WORDS: Final = (
    ("alley", "service", frozenset({"alley"})),
    ("cycle_street", "bicycle_road", frozenset({"yes"})),
    ("cycle_street", "cyclestreet", frozenset({"yes"})),
    ("expressway", "expressway", frozenset({"yes"})),
    ("lit", "lit", LIT),
    ("motorroad", "motorroad", frozenset({"yes"})),
    ("parking_aisle", "service", frozenset({"parking_aisle"})),
    ("pedestrian", "highway", frozenset({"pedestrian"})),
    ("school_zone", "hazard", frozenset({"school_zone"})),
    ("school_zone", "school_zone", frozenset({"yes"})),
    ("unlit", "lit", frozenset({"no"})),
    ("unpaved", "surface", _UNPAVED),
    ("unpaved", "tracktype", frozenset({"grade2", "grade3", "grade4", "grade5"})),
)

# Of a key that is directed and one that is not, the directed one counts.
_NAMING_KEYS: Final = {
    side: tuple((base, key) for base in ("maxspeed", *ORIGIN_KEYS) for key in (f"{base}:{side}", base))
    for side in _SIDES
}

# Every key that road.py, settlement.py and this file read for rules, but names, where it counts whether there is one,
# and lanes, which count as they are read.
_KEYS_READ: Final = frozenset(
    {"highway", "junction", "ref", "int_ref", "tunnel", "bridge", "dual_carriageway", "sidewalk", "ford"}
    | {"lane_markings"}
    | {key for _, key, _ in _TAG_WORDS}
    | {key for keys in _NAMING_KEYS.values() for _, key in keys}
)

Words = tuple[tuple[str, str], ...]  # each word of the law's vocabulary with the evidence for it


@dataclass(frozen=True, slots=True)
class Named:
    """What tags of one direction say of the rule by name; empty texts for nothing."""

    rule: str = ""
    raw: str = ""  # the tag that names it
    region: str = ""  # `BE-VLG`, where a reference names the region
    sign_raw: str = ""  # the tag that says that there is a sign, where no tag says what it shows
    law_raw: str = ""  # the tag of the limit that says inside or outside: law's number holds


@dataclass(frozen=True, slots=True)
class WayRules:
    """What the tags of a way say of its road type; pairs are along and against the way."""

    words: tuple[Words, Words]  # without those that the network or the setting gives
    named: tuple["Named", "Named"]
    settings: tuple[Setting | None, Setting | None]  # as tagged
    built_up: bool | None  # as a tag says along the way; rules named `urban`, `rural` or `zone30` say it too
    told: str  # what a tag says, for the report; empty for nothing
    evidence: tuple[str, ...]  # for the inference of the setting
    sign_kmh: float | None


class RuleReader:
    """Reads the tags of ways. The same tags give the same object: four ways of five are like another one."""

    def __init__(self, law: MarketLaw) -> None:
        self._law = law
        self._read: dict[tuple[object, ...], WayRules] = {}

    def read(
        self, tags: Tags, road: Road, limits: WayLimits, *, drives_forward: bool, drives_backward: bool
    ) -> WayRules:
        """`road` and `limits` as read from the same tags."""
        # In towns and outside, motorways have the same signs.
        sign_kmh = None if road.road_class is RoadClass.MOTORWAY else _sign_kmh(limits)
        told = tuple(any(map(_says_a_speed, side)) for side in (limits.forward, limits.backward))
        lanes = through_lanes(tags, drives_forward=drives_forward, drives_backward=drives_backward)
        two_way = drives_forward and drives_backward
        read = sorted((k, v) for k, v in tags.items() if k in _KEYS_READ)
        key = (*read, bool(road.names), two_way, lanes, sign_kmh, told)
        found = self._read.get(key)
        if found is None:
            found = self._read[key] = _way_rules(tags, road, lanes, sign_kmh, told, self._law, two_way=two_way)
        return found


def _way_rules(
    tags: Tags,
    road: Road,
    lanes: ThroughLanes,
    sign_kmh: float | None,
    told: tuple[bool, ...],
    law: MarketLaw,
    *,
    two_way: bool,
) -> WayRules:
    """`told`: do the limits of each direction say a speed for everyone?"""
    shared = _words(tags, road, law)
    along, against = (tuple(sorted((shared | _lane_words(tags, lanes, side, two_way)).items())) for side in (0, 1))
    (named, setting), (named_against, setting_against) = (
        _named(tags, side, law, told=of_side) for side, of_side in zip(_SIDES, told, strict=True)
    )
    built_up = _built_up(setting, named.rule)
    return WayRules(
        words=(along, against),
        named=(named, named_against),
        settings=(setting, setting_against),
        built_up=built_up,
        told="rule by tag" if named.rule else "" if built_up is None else Setting(built_up, 0, "").answer,
        evidence=way_evidence(tags, road, sign_kmh),
        sign_kmh=sign_kmh,
    )


def _words(tags: Tags, road: Road, law: MarketLaw) -> dict[str, str]:
    highway = tags["highway"]
    words = {}
    if road.road_class in _CLASS_WORDS:
        words[_CLASS_WORDS[road.road_class]] = f"highway={highway}"
    for word, key, values in _TAG_WORDS:
        if tags.get(key) in values and word not in words:
            words[word] = f"{key}={tags[key]}"
    if highway.endswith("_link"):
        words["slip_road"] = f"highway={highway}"
    if road.form_of_way is FormOfWay.ROUNDABOUT:
        words["roundabout"] = f"junction={tags['junction']}"
    for word, holds in (("tunnel", road.tunnel), ("bridge", road.bridge)):
        if holds:
            words[word] = f"{word}={tags[word]}"
    if "zone:maxspeed" in tags:
        words["zone"] = f"zone:maxspeed={tags['zone:maxspeed']}"
    if road.route_refs:
        words["numbered"] = f"ref={road.route_refs[0]}"
    for prefix in law.ref_prefixes:
        ref = next((x for x in road.route_refs if x.replace(" ", "").startswith(prefix)), None)
        if ref is not None:
            words[f"ref:{prefix}"] = f"ref={ref}"
    return words


def _lane_words(tags: Tags, lanes: ThroughLanes, side: int, two_way: bool) -> dict[str, str]:
    if tags.get("lane_markings") == "no":
        return {"no_centre_line": "lane_markings=no"} if two_way else {}
    return lanes.words(side)


def _sign_kmh(limits: WayLimits) -> float | None:
    """The number of the limit for everyone, along the way if both directions have one."""
    for side in (limits.forward, limits.backward):
        for limit in directed_first([x for x in side if is_plain(x)]):
            if limit.kind is LimitKind.LIMITED:
                return mm_per_sec(limit.posted_value_milli, limit.posted_unit) / 1000 * KMH_PER_MPS
    return None


def _says_a_speed(x: TaggedLimit) -> bool:
    return (
        x.role is LimitRole.MAXIMUM and x.kind is not LimitKind.UNKNOWN and not (x.vehicle or x.condition or x.rule_ref)
    )


def _named(tags: Tags, side: str, law: MarketLaw, *, told: bool) -> tuple[Named, Setting | None]:
    """The rule and the setting, as far as tags name them: of each the first."""
    texts = {}
    for base, key in _NAMING_KEYS[side]:
        if key in tags and base not in texts:
            texts[base] = key, tags[key]
    named, setting, sign_raw = Named(), None, ""
    for base, (key, text) in texts.items():
        raw, rule = f"{key}={text}", rule_ref(text)
        if base != "maxspeed" and text in SIGN_WORDS and not told:
            sign_raw = sign_raw or raw
        if rule is None:
            continue
        prefix, _, word = rule.partition(":")
        own = prefix.partition("-")[0] == law.market
        if word in _SETTING_WORDS and (own or base == "zone:traffic"):
            if setting is None:
                setting = Setting(word == "urban", 0, raw)
                named = replace(named, law_raw=raw if base != "zone:traffic" else "")
                if own and prefix != law.market:
                    named = replace(named, region=prefix)
        elif not named.rule and (not own or law.statements(rule, date=None, region="") is not None):
            named = replace(named, rule=rule, raw=raw)
    return replace(named, sign_raw=sign_raw), setting


_SETTING_WORDS: Final = ("urban", "rural")


def _built_up(setting: Setting | None, rule: str) -> bool | None:
    if setting is not None:
        return setting.built_up
    word = rule.partition(":")[2]
    return True if slow_zone(word) is not None else {"urban": True, "rural": False}.get(word)


_Kind = tuple[Words, Named, bool | None, FormOfWay]  # all of a way that its rules depend on


class RuleFinder:
    """Rule statements of roads; the same question gives the same tuple."""

    def __init__(self, law: MarketLaw) -> None:
        self._law = law
        self._kinds: dict[_Kind, int] = {}
        self._of_number: list[_Kind] = []
        self._found: dict[tuple[int, bool, Setting], tuple[TaggedLimit, ...]] = {}
        self._types: dict[frozenset[str], str | None] = {}

    def kind(self, rules: WayRules, side: int, road: Road) -> int:
        """A number for all that a way's tags say; side 0 along the way, 1 against it."""
        kind = rules.words[side], rules.named[side], road.dual, road.form_of_way
        number = self._kinds.setdefault(kind, len(self._of_number))
        if number == len(self._of_number):
            self._of_number.append(kind)
        return number

    def statements(self, kind: int, *, dual: bool, setting: Setting) -> tuple[TaggedLimit, ...]:
        """`setting` is the tagged or the inferred one. Empty where the law has no name for such a road."""
        key = (kind, dual, setting)
        found = self._found.get(key)
        if found is None:
            words, named, dual_by_tag, form = self._of_number[kind]
            told = dict(words) | _carriageway(form, dual=dual, dual_by_tag=bool(dual_by_tag))
            found = self._found[key] = self._statements(named, told, setting)
        return found

    def _statements(self, named: Named, words: Mapping[str, str], setting: Setting) -> tuple[TaggedLimit, ...]:
        market = named.rule.partition(":")[0].partition("-")[0]
        if named.rule and market != self._law.market:
            found: tuple[TaggedLimit, ...] = (_statement(named.rule, named.raw, Basis.TAGGED),)
        else:
            own = self._types_of(named.region or self._law.market, words, setting)
            # Of a motorway `XX:rural` does not say that its law holds: that type does not rest on it.
            told = [x.basis is Basis.LAW_DEFAULT and bool(named.law_raw) and named.law_raw in x.raw for x in own]
            found = tuple(replace(x, basis=Basis.TAGGED) if y else x for x, y in zip(own, told, strict=True))
            if named.rule:
                found = self._with_named(named, found)
        return tuple(_contradicted(x, named.sign_raw) for x in found) if named.sign_raw else found

    def _with_named(self, named: Named, found: tuple[TaggedLimit, ...]) -> tuple[TaggedLimit, ...]:
        """A tag decides among the types that the road may be; another type than these is doubted."""
        rule = _statement(named.rule, named.raw, Basis.TAGGED)
        if slow_zone(named.rule.partition(":")[2]) is not None:
            return (rule, *found)
        if not found or any(self._same(named.rule, x.rule_ref) for x in found):
            return (rule,)
        others = (
            replace(
                x,
                basis=Basis.INFERRED,
                condition=x.condition or f"if {x.rule_ref}",
                confidence_permille=(x.confidence_permille or 1000) * (1000 - NAMED_PERMILLE) // 1000,
            )
            for x in found
        )
        return (replace(rule, basis=Basis.INFERRED, confidence_permille=NAMED_PERMILLE), *others)

    def _same(self, rule: str, other: str) -> bool:
        """Do two names stand for one type?"""
        if rule == other:
            return True
        one, two = (self._law.statements(x, date=None, region="") for x in (rule, other))
        return [replace(x, rule_ref="") for x in one or ()] == [replace(x, rule_ref="") for x in two or ()]

    def _types_of(self, prefix: str, words: Mapping[str, str], setting: Setting) -> tuple[TaggedLimit, ...]:
        found = self._by_setting(prefix, words, setting)
        if "slip_road" not in words:
            return found
        own = {word: raw for word, raw in words.items() if word not in MAIN_ROAD_WORDS}
        return of_ramp(found, self._by_setting(prefix, own, setting), words["slip_road"])

    def _by_setting(self, prefix: str, words: Mapping[str, str], setting: Setting) -> tuple[TaggedLimit, ...]:
        inside, outside = (self._type(frozenset({*words, word})) for word in _SETTING_WORDS)
        main, other = (inside, outside) if setting.built_up else (outside, inside)
        found = []
        if main is not None:
            permille = setting.permille if main != other else 0
            found += self._rules(prefix, main, words, setting, permille)
        if other is not None and other != main and setting.permille:
            contrary = Setting(not setting.built_up, 1000 - setting.permille, setting.raw)
            when = BUILT_UP if contrary.built_up else NOT_BUILT_UP
            for rule in self._rules(prefix, other, words, contrary, contrary.permille):
                if rule.rule_ref not in {x.rule_ref for x in found}:
                    found.append(replace(rule, condition=f"{when}, {rule.condition}" if rule.condition else when))
        return tuple(found)

    def _rules(
        self, prefix: str, name: str, words: Mapping[str, str], setting: Setting, permille: int
    ) -> list[TaggedLimit]:
        """The type, and beside it the one with a number that it is without what is in doubt.

        `permille` 0: the type does not rest on an inferred setting.
        """
        told = {**words, "urban" if setting.built_up else "rural": setting.raw}
        needed = self._needed(name, told)
        paired = told.get("dual_carriageway") == _PAIRED and "dual_carriageway" in needed
        less = self._less(prefix, name, told)
        chance = permille or 1000
        sure = chance * DUAL_PERMILLE // 1000 if paired else chance * LANES_PERMILLE // 1000 if less else permille
        raw = "; ".join(dict.fromkeys(told[x] for x in needed)) or "any road"
        known = Basis.LAW_DEFAULT if _SIGN_TYPES.isdisjoint(needed) else Basis.TAGGED
        found = [_statement(f"{prefix}:{name}", raw, Basis.INFERRED if sure else known, sure)]
        if less:
            rule = _statement(f"{prefix}:{less}", raw, Basis.INFERRED, max(chance - sure, 1))
            found.append(replace(rule, condition=ONE_CARRIAGEWAY if paired else FEWER_LANES))
        return found

    def _less(self, prefix: str, name: str, told: Mapping[str, str]) -> str | None:
        """The type without a count of lanes or a pairing that lifts every number; None where nothing is so."""
        doubtful = _LANE_WORDS if told.get("dual_carriageway") != _PAIRED else _LANE_WORDS | {"dual_carriageway"}
        less = self._type(frozenset(set(told) - doubtful))
        return less if less is not None and less != name and self._lifted(f"{prefix}:{name}") else None

    def _lifted(self, rule: str) -> bool:
        """Does law lift every number on such a road?"""
        return any(
            x.kind is LimitKind.UNLIMITED and not x.vehicle
            for x in self._law.statements(rule, date=None, region="") or ()
        )

    def _needed(self, name: str, told: Mapping[str, str]) -> list[str]:
        """The words without which the road would be of another type."""
        words = set(told)
        for word in sorted(told):
            if self._type(frozenset(words - {word})) == name:
                words.remove(word)
        return sorted(words)

    def _type(self, words: frozenset[str]) -> str | None:
        if words not in self._types:
            self._types[words] = self._law.road_type(words)
        return self._types[words]


_PAIRED: Final = "another carriageway beside it"
_SIGN_TYPES: Final = frozenset({"living_street", "pedestrian", "cycle_street"})  # there the type is what the sign says
_LANE_WORDS: Final = frozenset({"lanes_1", "lanes_2_or_more", "lanes_1_any_way", "lanes_2_each_way", "marked_lanes"})


def _carriageway(form: FormOfWay, *, dual: bool, dual_by_tag: bool) -> dict[str, str]:
    if form is FormOfWay.MOTORWAY:
        return {"dual_carriageway": "highway=motorway"}
    if dual:
        return {"dual_carriageway": "dual_carriageway=yes" if dual_by_tag else _PAIRED}
    return {"single_carriageway": "no other carriageway"} if form is FormOfWay.SINGLE_CARRIAGEWAY else {}


def _statement(rule: str, raw: str, basis: Basis, permille: int = 0) -> TaggedLimit:
    return TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, basis, raw, rule_ref=rule, confidence_permille=permille)


def _contradicted(x: TaggedLimit, sign_raw: str) -> TaggedLimit:
    permille = min(x.confidence_permille or UNREAD_SIGN_PERMILLE, UNREAD_SIGN_PERMILLE)
    raw = x.raw if sign_raw in x.raw else f"{x.raw}; {sign_raw}, number not known"
    return replace(x, basis=Basis.INFERRED, raw=raw, confidence_permille=permille)


def with_rules(tagged: tuple[TaggedLimit, ...], rules: tuple[TaggedLimit, ...]) -> tuple[TaggedLimit, ...]:
    """All statements of a link. A rule that a tag states by itself is not stated twice: that of the road counts.

    What `XX:urban` and `XX:rural` say is in the evidence of the rule that the road's own type gives.
    """
    named = {x.rule_ref for x in rules}
    markets = {x.partition(":")[0].partition("-")[0] for x in named}
    kept = []
    for x in tagged:
        if x.rule_ref and is_plain(x) and rules:
            prefix, _, word = x.rule_ref.partition(":")
            generic = word in _SETTING_WORDS and prefix.partition("-")[0] in markets
            if x.rule_ref in named or generic or x.raw.startswith("zone:traffic"):
                continue
        kept.append(x)
    return (*kept, *rules)
