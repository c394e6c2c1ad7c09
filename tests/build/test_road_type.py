import random
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import mapprior.market
from mapprior.build.limits import is_plain, limits_of
from mapprior.build.road import road_of
from mapprior.build.road_type import (
    BUILT_UP,
    FEWER_LANES,
    NAMED_PERMILLE,
    NOT_BUILT_UP,
    ONE_CARRIAGEWAY,
    UNREAD_SIGN_PERMILLE,
    RuleFinder,
    RuleReader,
    with_rules,
)
from mapprior.build.settlement import Setting
from mapprior.market.circumstances import Circumstances
from mapprior.market.countries import country, market_pack
from mapprior.market.effective import effective_limit
from mapprior.market.law import MarketLaw
from mapprior.market.limit_values import UNDECIDED_PERMILLE_MAX
from mapprior.market.road_rules import MAIN_ROAD_LAW, UNTOLD_SIGN
from mapprior.model.limit import LimitKind, SpeedUnit
from mapprior.model.pose import CAR
from mapprior.model.provenance import Basis
from tests.build.osm_text import Built, osm_xml

MARKETS = sorted(p.stem for p in (Path(mapprior.market.__file__).parent / "packs").glob("*.toml"))
LAWS = {code: MarketLaw.from_pack(market_pack(code)) for code in MARKETS}
INSIDE, OUTSIDE = Setting(True, 980, "built-up by a test"), Setting(False, 950, "not built-up by a test")
UNSURE = Setting(True, 500, "built-up by a test")

TAGS = {
    "highway": ["motorway", "motorway_link", "trunk", "primary", "tertiary_link", "unclassified", "residential",
                "living_street", "service", "track", "pedestrian", "road"],
    "maxspeed": ["50", "30 mph", "none", "DE:urban", "GB:nsl_single", "x"],
    "maxspeed:type": ["DE:rural", "sign", "FR:30", "DE:zone:30"],
    "source:maxspeed": ["DE:urban", "AT:rural"],
    "zone:traffic": ["DE:urban", "DE:rural", "DE:motorroad"],
    "zone:maxspeed": ["30", "DE:20"],
    "lanes": ["1", "2", "3", "4", "many"],
    "lanes:forward": ["1", "2"],
    "lanes:backward": ["1", "2"],
    "turn:lanes:forward": ["left|through", "|right"],
    "lane_markings": ["no"],
    "motorroad": ["yes"],
    "expressway": ["yes"],
    "dual_carriageway": ["yes", "no"],
    "bicycle_road": ["yes"],
    "service": ["alley", "parking_aisle", "driveway"],
    "surface": ["asphalt", "gravel"],
    "tracktype": ["grade1", "grade3"],
    "lit": ["yes", "no"],
    "sidewalk": ["both", "no"],
    "ref": ["N 3", "B 37;E 35", "246"],
    "junction": ["roundabout"],
    "tunnel": ["yes"],
    "bridge": ["yes"],
    "hazard": ["school_zone"],
}  # fmt: skip
some_tags = st.fixed_dictionaries(
    {"highway": st.sampled_from(TAGS["highway"])},
    optional={key: st.sampled_from(values) for key, values in TAGS.items() if key != "highway"},
)
settings_found = st.sampled_from([INSIDE, OUTSIDE, UNSURE])


DOUBTS = {
    ", ".join(filter(None, (ramp, setting, road)))
    for ramp in ("", MAIN_ROAD_LAW)
    for setting in ("", BUILT_UP, NOT_BUILT_UP)
    for road in ("", FEWER_LANES, ONE_CARRIAGEWAY)
}


def stated(tags, market="DE", *, setting=INSIDE, dual=False, side=0, two_way=True):
    """Everything that a link of such a way states."""
    law = LAWS[market]
    limits = limits_of(
        tags, first_lanes=(0, 0), way_oneway=not two_way, sign_unit=country(market).speed_unit, refused=[]
    )
    road = road_of(tags, [])
    rules = RuleReader(law).read(tags, road, limits, drives_forward=True, drives_backward=two_way)
    finder = RuleFinder(law)
    found = finder.statements(finder.kind(rules, side, road), dual=dual, setting=rules.settings[side] or setting)
    return with_rules((limits.forward, limits.backward)[side], found)


def rules(tags, market="DE", **options):
    """(rule, basis, confidence, condition, evidence) of the rule statements."""
    return [
        (x.rule_ref, x.basis, x.confidence_permille, x.condition, x.raw)
        for x in stated(tags, market, **options)
        if x.rule_ref
    ]


def answer(tags, market="DE", **options):
    """For a car."""
    limits = stated(tags, market, **options)
    return effective_limit(limits, circumstances=Circumstances(vehicle=CAR), law=LAWS[market], source="")


def rule(tags, market="DE", **options):
    """The likeliest; every other one stands under a condition and follows from an inferred setting."""
    (name, basis, permille, condition, raw), *others = rules(tags, market, **options)
    assert condition == ""
    assert {x[3] for x in others} <= DOUBTS - {""}
    assert not others or basis is Basis.INFERRED
    return name, basis, permille, raw


@given(some_tags, st.sampled_from(MARKETS), settings_found, st.booleans(), st.sampled_from([0, 1]))
def test_every_road_of_a_market_with_law_has_a_rule_and_each_once(tags, market, setting, dual, side):
    found = stated(tags, market, setting=setting, dual=dual, side=side)
    plain = [x for x in found if x.rule_ref and is_plain(x)]
    assert plain
    assert len({x.rule_ref for x in plain}) == len(plain)
    for x in found:
        if x.basis is Basis.INFERRED:
            assert x.rule_ref and x.raw and 0 < x.confidence_permille < 1000
        if x.rule_ref and x.condition:
            assert x.condition in DOUBTS or x.condition == f"if {x.rule_ref}"


@given(some_tags, st.sampled_from(MARKETS), settings_found, st.randoms(use_true_random=False))
def test_the_order_of_tags_leaves_no_trace(tags, market, setting, order):
    items = list(tags.items())
    order.shuffle(items)
    assert stated(dict(items), market, setting=setting) == stated(tags, market, setting=setting)


TWO_MARKETS = {"highway": "primary", "maxspeed": "50", "maxspeed:type": "DE:rural", "source:maxspeed": "AT:rural"}


@given(some_tags, st.sampled_from(MARKETS), settings_found, st.booleans())
@example(TWO_MARKETS, "AT", INSIDE, False)
def test_hiding_a_number_never_removes_the_rule(tags, market, setting, dual):
    """Nor does it add one, but where tags name rules of two markets: then what says where the number is from, which
    stood beside it, stands for itself, and the two are in doubt."""
    hidden = {key: value for key, value in tags.items() if key != "maxspeed" or ":" in value}
    before = {x[0] for x in rules(tags, market, setting=setting, dual=dual)}
    after = {x[0] for x in rules(hidden, market, setting=setting, dual=dual)}
    assert before <= after
    for added in after - before:
        assert added in hidden.values()
        assert {x.partition(":")[0] for x in before}.isdisjoint({added.partition(":")[0]})
        assert not answer(hidden, market, setting=setting, dual=dual).certain


@given(some_tags, settings_found)
def test_one_way_read_for_another_gives_what_it_would_give_alone(tags, setting):
    law, refused = LAWS["DE"], []
    reader = RuleReader(law)
    for extra in ({}, {"name": "x"}, {"surface": "gravel"}, {"lit": "no"}, {}):
        both = tags | extra
        limits = limits_of(both, first_lanes=(0, 0), way_oneway=False, sign_unit=SpeedUnit.KMH, refused=refused)
        road = road_of(both, refused)
        alone = RuleReader(law).read(both, road, limits, drives_forward=True, drives_backward=True)
        assert reader.read(both, road, limits, drives_forward=True, drives_backward=True) == alone


def test_a_tag_that_names_the_rule_is_law():
    for key in ("source:maxspeed", "zone:maxspeed", "maxspeed:type"):
        assert rule({"highway": "primary", key: "DE:rural"}) == ("DE:rural", Basis.TAGGED, 0, f"{key}=DE:rural")
        assert rule({"highway": "primary", "maxspeed": "50", key: "DE:rural"})[:2] == ("DE:rural", Basis.TAGGED)
    assert rule({"highway": "primary", "maxspeed": "DE:rural"})[:2] == ("DE:rural", Basis.TAGGED)
    zone, road, *_ = rules({"highway": "primary", "maxspeed": "30", "source:maxspeed": "DE:zone30"})
    assert (zone[:2], road[:2]) == (("DE:zone30", Basis.TAGGED), ("DE:urban", Basis.INFERRED))
    directed = {"highway": "primary", "source:maxspeed:forward": "DE:rural", "maxspeed": "60"}
    assert rule(directed, side=0)[:2] == ("DE:rural", Basis.TAGGED)
    assert rule(directed, side=1)[:2] == ("DE:urban", Basis.INFERRED)


def test_a_tagged_setting_leaves_the_type_to_the_road():
    tags = {"highway": "primary", "zone:traffic": "DE:rural", "maxspeed": "70"}
    assert rule(tags) == ("DE:rural", Basis.LAW_DEFAULT, 0, "zone:traffic=DE:rural")
    tags |= {"lanes": "2"}
    assert rule(tags | {"oneway": "yes"}, two_way=False)[0] == "DE:rural_2_lanes"
    assert rule(tags, two_way=True)[0] == "DE:rural"


@pytest.mark.parametrize(
    ("market", "tags", "found"),
    [
        ("DE", {"highway": "residential", "bicycle_road": "yes", "maxspeed:type": "DE:urban"}, "DE:cycle_street"),
        ("DE", {"highway": "living_street", "source:maxspeed": "DE:urban"}, "DE:living_street"),
        ("DE", {"highway": "motorway", "source:maxspeed": "DE:urban"}, "DE:motorway"),
        ("DE", {"highway": "motorway", "maxspeed": "DE:urban"}, "DE:motorway"),
        (
            "DE",
            {"highway": "trunk", "dual_carriageway": "yes", "source:maxspeed": "DE:rural"},
            "DE:rural_dual_carriageway",
        ),
        (
            "FR",
            {"highway": "trunk", "dual_carriageway": "yes", "source:maxspeed": "FR:rural"},
            "FR:rural_dual_carriageway",
        ),
        ("IE", {"highway": "trunk", "ref": "N4", "source:maxspeed": "IE:rural"}, "IE:national"),
        ("BE", {"highway": "primary", "source:maxspeed": "BE-VLG:rural"}, "BE-VLG:rural"),
    ],
)
def test_a_general_word_says_where_the_road_lies_and_not_its_type(market, tags, found):
    dual = "dual_carriageway" in tags
    # That a motorway is rural does not say that no sign stands there.
    basis = Basis.LAW_DEFAULT if found == "DE:motorway" else Basis.TAGGED
    assert rule(tags, market, setting=UNSURE, dual=dual, two_way=not dual)[:2] == (found, basis)
    if market == "DE":
        assert answer(tags, setting=UNSURE, dual=dual, two_way=not dual).certain == (basis is Basis.TAGGED)


def test_a_named_type_and_another_one_of_the_road_are_both_stated():
    tags = {"highway": "living_street", "maxspeed:type": "DE:motorway"}
    assert [x[:4] for x in rules(tags)] == [
        ("DE:motorway", Basis.INFERRED, NAMED_PERMILLE, ""),
        ("DE:living_street", Basis.INFERRED, 1000 - NAMED_PERMILLE, "if DE:living_street"),
    ]
    limit = answer(tags)
    assert (limit.kind, limit.certain) == (LimitKind.UNLIMITED, False)
    assert LimitKind.WALK in {x.kind for x in limit.unresolved}
    alias = {"highway": "trunk", "maxspeed:type": "GB:nsl_single"}
    assert rule(alias, "GB", setting=OUTSIDE)[:3] == ("GB:nsl_single", Basis.TAGGED, 0)


def test_a_sign_that_nobody_read_leaves_the_law_in_doubt():
    for key in ("source:maxspeed", "maxspeed:type"):
        tags = {"highway": "living_street", key: "sign"}
        ((_, basis, permille, _, raw),) = rules(tags)
        assert (basis, permille) == (Basis.INFERRED, UNREAD_SIGN_PERMILLE)
        assert raw.endswith(f"{key}=sign, number not known")
        assert not answer(tags).certain
        for number in ({"maxspeed": "20"}, {"maxspeed": "walk"}):
            assert rule(tags | number)[1] is Basis.TAGGED
        assert not answer(tags | {"maxspeed:hgv": "20"}).certain


def test_a_number_named_like_a_zone_stands_beside_the_type_of_the_road():
    for tags in (
        {"zone:maxspeed": "DE:80"},
        {"source:maxspeed": "DE:zone100"},
        {"maxspeed": "DE:80"},
        {"maxspeed": "80", "source:maxspeed": "DE:80"},
    ):
        number, *types = stated({"highway": "secondary", "zone:traffic": "DE:rural"} | tags)
        assert (number.kind, number.rule_ref) == (LimitKind.LIMITED, "")
        assert number.posted_value_milli in (80_000, 100_000)
        assert [x.rule_ref for x in types] == ["DE:rural"]


def test_law_of_another_country_is_kept_and_not_replaced():
    assert rule({"highway": "primary", "maxspeed": "100", "source:maxspeed": "AT:rural"})[:2] == (
        "AT:rural",
        Basis.TAGGED,
    )
    # A word that this country's law does not have names nothing.
    tags = {"highway": "primary", "maxspeed": "50", "maxspeed:type": "DE:moon"}
    assert rule(tags)[:2] == ("DE:urban", Basis.INFERRED)


def test_a_type_that_does_not_depend_on_the_setting_is_law():
    for setting in (INSIDE, OUTSIDE, UNSURE):
        assert rule({"highway": "motorway"}, setting=setting, two_way=False) == (
            "DE:motorway", Basis.LAW_DEFAULT, 0, "highway=motorway"
        )  # fmt: skip
        assert rule({"highway": "living_street"}, setting=setting)[:2] == ("DE:living_street", Basis.TAGGED)
        assert rule({"highway": "residential", "bicycle_road": "yes"}, setting=setting)[3] == "bicycle_road=yes"
        assert rule({"highway": "residential"}, "SG", setting=setting)[1] is Basis.LAW_DEFAULT


LIMIT_KEYS = ("maxspeed", "zone:maxspeed")  # what the name of a key about limits contains
SIGN_TYPES = ({"highway": "living_street"}, {"highway": "pedestrian"}, {"bicycle_road": "yes"}, {"cyclestreet": "yes"})


@given(some_tags, st.sampled_from(MARKETS), settings_found, st.booleans())
def test_where_no_tag_speaks_of_limits_law_is_not_certain(tags, market, setting, dual):
    bare = {k: v for k, v in tags.items() if not any(x in k for x in LIMIT_KEYS)}
    assume(not any(x.items() <= bare.items() for x in SIGN_TYPES))
    limit = answer(bare, market, setting=setting, dual=dual)
    assert not limit.certain
    assert limit.kind is LimitKind.UNKNOWN or limit.unresolved or limit.basis is Basis.INFERRED


@pytest.mark.parametrize(
    ("market", "tags"),
    [
        ("DE", {"highway": "motorway"}),
        ("DE", {"highway": "primary", "zone:traffic": "DE:rural"}),
        ("CH", {"highway": "motorway"}),
        ("SG", {"highway": "service"}),
    ],
)
def test_law_holds_for_certain_once_a_tag_says_so(market, tags):
    untold = answer(tags, market, setting=OUTSIDE)
    assert [(x.kind, x.condition) for x in untold.unresolved] == [(LimitKind.UNKNOWN, UNTOLD_SIGN)]
    assert (untold.certain, untold.basis) == (False, Basis.LAW_DEFAULT)
    assert untold.confidence_permille <= UNDECIDED_PERMILLE_MAX
    rule_ref = rule(tags, market, setting=OUTSIDE)[0]
    told = answer(tags | {"maxspeed:type": rule_ref}, market, setting=OUTSIDE)
    assert (told.certain, told.unresolved, told.basis) == (True, (), Basis.LAW_DEFAULT)
    assert (told.kind, told.posted_value_milli) == (untold.kind, untold.posted_value_milli)


def test_an_inferred_setting_says_how_sure_it_is_and_what_else_may_be():
    road = {"highway": "tertiary"}
    assert rule(road) == ("DE:urban", Basis.INFERRED, 980, "built-up by a test")
    assert rule(road, setting=OUTSIDE) == ("DE:rural", Basis.INFERRED, 950, "not built-up by a test")
    first, second = rules(road, setting=Setting(False, 600, "not built-up by a test"))
    assert first[:4] == ("DE:rural", Basis.INFERRED, 600, "")
    assert second[:4] == ("DE:urban", Basis.INFERRED, 400, BUILT_UP)
    first, second = rules(road, setting=UNSURE)
    assert (first[0], second[0], second[3]) == ("DE:urban", "DE:rural", NOT_BUILT_UP)
    _, second = rules(road)
    assert second[:4] == ("DE:rural", Basis.INFERRED, 20, NOT_BUILT_UP), "also where it is nearly sure"


def test_a_carriageway_found_by_pairing_is_inferred_one_that_is_tagged_is_not():
    road = {"highway": "primary", "zone:traffic": "DE:rural"}
    assert rule(road, dual=True, two_way=False) == (
        "DE:rural_dual_carriageway", Basis.INFERRED, 900, "another carriageway beside it; zone:traffic=DE:rural"
    )  # fmt: skip
    tagged = {**road, "dual_carriageway": "yes"}
    assert rule(tagged, dual=True, two_way=False)[:3] == ("DE:rural_dual_carriageway", Basis.LAW_DEFAULT, 0)
    assert rule({"highway": "primary"}, setting=OUTSIDE, dual=True, two_way=False)[2] == 855


@given(some_tags, st.sampled_from(MARKETS), settings_found, st.booleans())
def test_a_ramp_whose_law_rests_on_its_main_road_is_never_certain(tags, market, setting, dual):
    """Hiding what makes a motorway ramp one of a motorway changes the answer, or no answer rested on it."""
    bare = {k: v for k, v in tags.items() if "maxspeed" not in k and k not in ("zone:traffic", "motorroad")}
    ramp = answer(bare | {"highway": "motorway_link"}, market, setting=setting, dual=dual, two_way=False)
    other = answer(bare | {"highway": "primary_link"}, market, setting=setting, dual=dual, two_way=False)
    if ramp.certain:
        assert other.certain
        assert (ramp.kind, ramp.posted_value_milli) == (other.kind, other.posted_value_milli)


def test_a_ramp_has_every_answer_that_it_may_have():
    ramp = {"highway": "motorway_link"}
    limit = answer(ramp, "CH", setting=OUTSIDE, two_way=False)
    assert (limit.posted_value_milli, limit.basis, limit.certain) == (80_000, Basis.INFERRED, False)
    others = {(x.posted_value_milli, x.condition) for x in limit.unresolved}
    assert others == {(120_000, MAIN_ROAD_LAW), (50_000, BUILT_UP)}
    assert "highway=motorway_link" in limit.raw
    free = answer(ramp, "DE", setting=OUTSIDE, two_way=False)
    assert free.posted_value_milli == 100_000
    assert LimitKind.UNLIMITED in {x.kind for x in free.unresolved}
    for named in ({"maxspeed": "80"}, {"source:maxspeed": "CH:motorway"}):
        assert answer(ramp | named, "CH", setting=OUTSIDE, two_way=False).certain, "a tag says it"
    motorroad = {"highway": "trunk_link", "motorroad": "yes"}
    assert not answer(motorroad, "CH", setting=OUTSIDE, two_way=False).certain
    assert rules(ramp, "JP", two_way=False)[0][1] is Basis.INFERRED
    assert [x[0] for x in rules({"highway": "primary_link"})] == ["DE:urban", "DE:rural"]


def test_no_rule_where_a_market_has_no_law(tmp_path):
    text = osm_xml({1: (0.0, 0.0), 2: (100.0, 0.0)}, {1: ([1, 2], {"highway": "primary"})})
    assert set(Built(tmp_path, text, market="XX").limits.values()) == {()}


def test_rules_lie_in_the_tiles(tmp_path):
    nodes = {i: (100.0 * i, 0.0) for i in range(1, 5)}
    ways = {
        1: ([1, 2], {"highway": "residential", "lit": "yes"}),
        2: ([2, 3], {"highway": "primary", "maxspeed": "100"}),
        3: ([3, 4], {"highway": "primary", "maxspeed": "DE:rural"}),
    }
    built = Built(tmp_path, osm_xml(nodes, ways))
    urban, other = built.limits["1:1-2:0:+"]
    assert (other.rule_ref, other.condition) == ("DE:rural", NOT_BUILT_UP)
    assert (urban.rule_ref, urban.basis, urban.raw) == ("DE:urban", Basis.INFERRED, "built-up by lit, residential")
    number, rural, _ = built.limits["2:2-3:0:+"]
    assert (number.raw, rural.rule_ref) == ("maxspeed=100", "DE:rural")
    assert rural.raw == "not built-up by few streets, no name, signed 79 km/h or more"
    (tagged,) = built.limits["3:3-4:0:-"]
    assert (tagged.rule_ref, tagged.basis, tagged.raw) == ("DE:rural", Basis.TAGGED, "maxspeed=DE:rural")


def test_how_sure_the_setting_is_counts_in_the_report(tmp_path):
    nodes = {i: (100.0 * i, 0.0) for i in range(1, 5)}
    ways = {
        1: ([1, 2], {"highway": "residential", "lit": "yes", "zone:traffic": "DE:urban"}),
        2: ([2, 3], {"highway": "primary", "maxspeed": "100"}),
        3: ([3, 4], {"highway": "primary", "maxspeed": "DE:rural"}),
    }
    order = list(ways)
    random.Random(1).shuffle(order)
    report = Built(tmp_path, osm_xml(nodes, ways, order=order)).report
    assert report.settings == {"built-up by tag": 1, "not built-up, 950 permille": 1, "not built-up by tag": 1}


@pytest.mark.parametrize("market", MARKETS)
def test_the_words_of_a_road_lead_to_a_type_in_every_market(market):
    for setting in (INSIDE, OUTSIDE):
        for highway in TAGS["highway"]:
            assert rules({"highway": highway}, market, setting=setting), highway
