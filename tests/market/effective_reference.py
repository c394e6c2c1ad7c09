"""The rules of `effective_limit` once more, for a world in which everything is known: two-valued, no alternatives.

Written apart from the product, from the words of the contract, as the yardstick of its laws. Also the statements,
laws and circumstances that the laws are tried on.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from hypothesis import strategies as st

from mapprior.market.circumstances import Arrival, Circumstances, Place
from mapprior.market.condition import Refused, Truth, evaluate, parse_condition
from mapprior.market.vehicle_words import Binding, bindings
from mapprior.model.limit import LimitKind, SpeedUnit, TaggedLimit
from mapprior.model.pose import Condition, DrivingConditions, VehicleClass, VehicleProfile
from mapprior.model.provenance import Basis

KMH, MPH = SpeedUnit.KMH, SpeedUnit.MPH
HOUR_US = 3_600_000_000
NIGHT = "22:00-06:00"
MYSTERY = "when the mayor is in"  # nobody can parse it
BERLIN = Place("DE", "", "Europe/Berlin")
MONDAY_NOON_US = int(dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC).timestamp()) * 1_000_000  # 12:00 there

Value = tuple[LimitKind, int, SpeedUnit]


@dataclass(frozen=True)
class TestLaw:
    """A law by reference."""

    __test__ = False

    by_rule: Mapping[str, tuple[TaggedLimit, ...]] = field(hash=False)

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(self.by_rule)

    def statements(self, rule_ref: str, *, date: dt.date | None, region: str) -> tuple[TaggedLimit, ...] | None:
        del date, region
        return self.by_rule.get(rule_ref)


NOTHING_LOWER = tuple(  # law speaks of every kind, and lowers nothing: nothing moves on less than one axle
    TaggedLimit(
        *(LimitKind.LIMITED, 5_000, SpeedUnit.KMH, Basis.LAW_DEFAULT),
        f"DE law: maxspeed:{word}:conditional=5 @ (axles<1)",
        vehicle=word,
        condition="axles<1",
        rule_ref="DE:any",
    )
    for word in ("hgv", "bus", "trailer")
)


def stated(value: str, *, key: str = "maxspeed", basis: Basis = Basis.TAGGED, **more: object) -> TaggedLimit:
    """`100`, `60 mph`, `none`, `walk`, `signals` of a key."""
    number, _, unit = value.partition(" ")
    kind = {"none": LimitKind.UNLIMITED, "walk": LimitKind.WALK, "signals": LimitKind.VARIABLE}.get(value)
    raw = str(more.pop("raw", f"{key}={value}"))
    if kind is not None:
        made = TaggedLimit(kind, 0, SpeedUnit.NONE, basis, raw)
    else:
        made = TaggedLimit(LimitKind.LIMITED, int(number) * 1000, MPH if unit == "mph" else KMH, basis, raw)
    return replace(made, **more)  # type: ignore[arg-type]


def keyed(key: str, text: str, *, law: str = "") -> list[TaggedLimit]:
    """What a key with simple clauses says: `120`, or `80 @ wet; 60 @ 22:00-06:00`, or the same per lane."""
    words = key.split(":")[1:]
    vehicle = next((w for w in words if w not in ("conditional", "lanes")), "")
    raw, basis = f"{law} law: {key}={text}" if law else f"{key}={text}", Basis.LAW_DEFAULT if law else Basis.TAGGED
    found = []
    for clause in text.split(";"):
        value, _, condition = (x.strip() for x in clause.partition("@"))
        for lane, number in enumerate(value.split("|")):
            if number:
                lane_index = lane if "lanes" in words else -1
                more = {"vehicle": vehicle, "condition": condition, "lane_index": lane_index}
                more["rule_ref"] = f"{law}:law" if law else ""
                found.append(stated(number, basis=basis, raw=raw, **more))
    return found


def rule(ref: str, *, basis: Basis = Basis.TAGGED, condition: str = "", permille: int = 0) -> TaggedLimit:
    return TaggedLimit(
        *(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, basis, "seen"),
        condition=condition,
        rule_ref=ref,
        confidence_permille=permille,
    )


# ---- the yardstick


def severity(x: TaggedLimit) -> tuple[int, float]:
    order = {LimitKind.WALK: 0, LimitKind.LIMITED: 1, LimitKind.UNLIMITED: 2}[x.kind]
    return order, x.posted_value_milli * (1.609344 if x.posted_unit is MPH else 1.0)


def say(statements: Iterable[TaggedLimit], is_so: Callable[[str], bool]) -> TaggedLimit | None:
    """One word's statements: of each key the last clause that is so, of those the lowest; else the base value.

    In the law a base value may come or go with the date or the region; the last that is so counts.
    """
    base, last, dated = [], {}, []
    for x in statements:
        if not x.condition:
            base.append(x)
        elif is_so(x.condition):
            if is_dated_base(x):
                dated.append(x)
            else:
                last[x.raw] = x
    return min(last.values() or dated[-1:] or base, key=severity, default=None)


def is_dated_base(x: TaggedLimit) -> bool:
    return bool(x.condition) and x.basis is Basis.LAW_DEFAULT and ":conditional=" not in x.raw


def expected(tags: Sequence[TaggedLimit], law: Sequence[TaggedLimit], known: Circumstances, *, lane: int = -1) -> Value:
    """The limit where everything is known. Statements of one word and key follow each other."""

    def is_so(text: str) -> bool:
        condition = parse_condition(text)
        assert not isinstance(condition, Refused)
        truth = evaluate(condition, known).truth
        assert truth is not Truth.UNKNOWN, text
        return truth is Truth.YES

    def words(statements: Sequence[TaggedLimit]) -> dict[str, list[TaggedLimit]]:
        binds = bindings({x.vehicle for x in statements}, known.vehicle)
        assert Binding.MAYBE not in binds.values(), binds
        found: dict[str, list[TaggedLimit]] = {}
        for x in statements:
            if x.vehicle in binds:
                found.setdefault(x.vehicle, []).append(x)
        return found

    of_tags, of_law = words(tags), words(law)
    found = []
    for word, statements in of_tags.items():
        road = [x for x in statements if x.lane_index < 0]
        own = say([x for x in statements if x.lane_index == lane], is_so) if lane >= 0 else None
        found.append((word, own or say(road, is_so)))
        if own is not None:
            found.append((f"{word} above its lane", say([x for x in road if x.condition], is_so)))
    if not any(word == "" and x for word, x in found):
        found.append(("", say(of_law.get("", ()), is_so)))
    found += [
        (word, say(x if word else [y for y in x if y.condition and not is_dated_base(y)], is_so))
        for word, x in of_law.items()
    ]
    holds = min((x for _, x in found if x is not None), key=severity, default=None)
    if holds is None:
        return LimitKind.UNKNOWN, 0, SpeedUnit.NONE
    return holds.kind, holds.posted_value_milli, holds.posted_unit


# ---- what the laws are tried on

CONDITIONS = ("wet", "snow", "fog", NIGHT, "trailer", "weightrating>7.5", "wet AND 22:00-06:00", "in DE-BY")
numbers = st.sampled_from(("none", "walk", "30", "50", "60", "80", "100", "120", "50 mph"))
tag_words = st.sampled_from(("", "", "", "hgv", "bus", "coach", "hazmat", "motorcycle", "trailer"))
law_words = st.one_of(tag_words, st.just("goods"))  # in a tag it may mean a truck or not
clause_lists = st.lists(st.tuples(numbers, st.sampled_from(CONDITIONS)), min_size=1, max_size=3)


def _clauses(clauses: list[tuple[str, str]]) -> str:
    return "; ".join(f"{value} @ {condition}" for value, condition in clauses)


def _key(word: str, end: str = "") -> str:
    return ":".join(filter(None, ("maxspeed", word, end)))


def key_dicts(words: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    base_keys = st.builds(lambda word, value: (_key(word), value), words, numbers)
    clause_keys = st.builds(lambda word, x: (_key(word, "conditional"), _clauses(x)), words, clause_lists)
    return st.lists(st.one_of(base_keys, clause_keys), max_size=5).map(dict)


tag_dicts, law_dicts = key_dicts(tag_words), key_dicts(law_words)
lane_lists = st.lists(st.one_of(st.just(""), numbers), min_size=2, max_size=3).filter(any).map("|".join)
lane_dicts = st.dictionaries(
    st.sampled_from(("maxspeed:lanes", "maxspeed:hgv:lanes")), lane_lists, min_size=1, max_size=2
)


def tagged(tags: Mapping[str, str]) -> list[TaggedLimit]:
    return [x for key, text in tags.items() for x in keyed(key, text)]


def as_law(tags: Mapping[str, str], ref: str) -> tuple[TaggedLimit, ...]:
    return tuple(replace(x, rule_ref=ref) for key, text in tags.items() for x in keyed(key, text, law="DE"))


dated_bases = st.lists(
    st.builds(
        lambda value, word, when: replace(stated(value, key=f"DE law: {_key(word)}", condition=when), vehicle=word),
        numbers,
        st.sampled_from(("", "", "hgv")),
        st.sampled_from(("until 2026-06-02", "from 2026-06-02", "in DE-BY", "from 2026-06-02 AND in DE-BY")),
    ),
    max_size=2,
)
road_laws = st.builds(
    lambda tags, dated: (*as_law(tags, "DE:x"), *(replace(x, basis=Basis.LAW_DEFAULT, rule_ref="DE:x") for x in dated)),
    law_dicts,
    dated_bases,
)
laws = st.builds(lambda a, b: TestLaw({"DE:a": a, "DE:b": b}), road_laws, road_laws)
RULES = (
    [],
    [rule("DE:a")],
    [rule("DE:a", basis=Basis.INFERRED)],
    [rule("DE:a", basis=Basis.INFERRED, permille=700), rule("DE:b", condition="if it is b", permille=300)],
    [rule("DE:a", condition="if it is a", permille=200), rule("DE:b", condition="if it is b", permille=600)],
)
conditions = st.sampled_from(Condition)
vehicles = st.one_of(
    st.builds(VehicleProfile, st.sampled_from(VehicleClass), st.just(0), st.booleans()),
    st.builds(  # without trucks: whether a light one is an `hgv` differs
        VehicleProfile,
        st.sampled_from([x for x in VehicleClass if x is not VehicleClass.TRUCK]),
        st.just(3_000),
        st.booleans(),
    ),
    st.builds(  # without cars: whether a heavy one is an `hgv` differs
        VehicleProfile,
        st.sampled_from([x for x in VehicleClass if x is not VehicleClass.CAR]),
        st.just(40_000),
        st.booleans(),
    ),
    st.builds(VehicleProfile, st.just(VehicleClass.TRUCK), st.just(40_000), st.booleans(), hazmat=conditions),
)
arrivals = st.builds(
    lambda hours, minutes: Arrival(
        MONDAY_NOON_US + hours * HOUR_US, MONDAY_NOON_US + hours * HOUR_US + minutes * HOUR_US // 60
    ),
    st.integers(0, 48),
    st.sampled_from((0, 0, 30, 600)),
)
circumstances = st.builds(
    Circumstances,
    vehicles,
    st.builds(DrivingConditions, conditions, conditions, conditions),
    st.sampled_from((BERLIN, replace(BERLIN, region="DE-BE"), replace(BERLIN, region="DE-BY"))),
    st.one_of(st.none(), arrivals),
)


def completions(known: Circumstances) -> Iterator[Circumstances]:
    """Every world that the circumstances leave possible, as far as the conditions above can tell them apart."""

    def both(x: Condition) -> tuple[Condition, ...]:
        return (Condition.NO, Condition.YES) if x is Condition.UNKNOWN else (x,)

    sensed, vehicle = known.conditions, known.vehicle
    if vehicle.vehicle_class not in (VehicleClass.VAN, VehicleClass.TRUCK) and vehicle.hazmat is Condition.UNKNOWN:
        vehicle = replace(vehicle, hazmat=Condition.NO)  # others are not thought to carry such goods
    places = [known.place] if known.place.region else [replace(known.place, region=x) for x in ("DE-BE", "DE-BY")]
    for wet, snow, fog, hazmat, mass_kg, at, place in product(
        *(both(x) for x in (sensed.wet, sensed.snow, sensed.fog, vehicle.hazmat)),
        _masses_kg(vehicle),
        _moments_us(known.arrival),
        places,
    ):
        yield Circumstances(
            replace(vehicle, hazmat=hazmat, mass_max_kg=mass_kg, trailer_mass_max_kg=1 if vehicle.trailer else 0),
            DrivingConditions(wet, snow, fog),
            place,
            Arrival(at, at),
        )


def _masses_kg(vehicle: VehicleProfile) -> tuple[int, ...]:
    if vehicle.mass_max_kg:
        return (vehicle.mass_max_kg,)
    light, heavy = (3_000,), (5_000, 40_000)
    match vehicle.vehicle_class:
        case VehicleClass.CAR | VehicleClass.MOTORCYCLE:
            return light
        case VehicleClass.TRUCK:
            return heavy
    return light + heavy


def _moments_us(arrival: Arrival | None) -> tuple[int, ...]:
    if arrival is None:
        return (MONDAY_NOON_US, MONDAY_NOON_US + 12 * HOUR_US)
    step_us = HOUR_US // 2
    return (*range(arrival.earliest_us, arrival.latest_us, step_us), arrival.latest_us)


def laws_possible(rules: Sequence[TaggedLimit], law: TestLaw | None) -> list[tuple[TaggedLimit, ...]]:
    """The law of each road type that the link may be."""
    if law is None or not rules:
        return [()]
    found = [law.by_rule[x.rule_ref] for x in rules]
    sure = rules[0].basis is not Basis.INFERRED and not rules[0].condition
    return found if len(rules) > 1 or sure else [*found, ()]
