import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.build.lane_counts import stated_lanes
from mapprior.build.limits import DOUBTED_PERMILLE, IF_MPH, NO_LIMITS, NOT_UNDERSTOOD, limits_of
from mapprior.market.circumstances import Circumstances
from mapprior.market.effective import effective_limit
from mapprior.market.speed_value import parse_value
from mapprior.model.limit import LimitKind, LimitRole, SpeedUnit
from mapprior.model.pose import CAR, VehicleClass, VehicleProfile
from mapprior.model.provenance import Basis

K, R, U = LimitKind, LimitRole, SpeedUnit
WORDS = ["forward", "backward", "lanes", "conditional", "hgv", "wet", "type", "variable", "advisory", "nonsense"]
VALUES = ["50", "30 mph", "none", "signals", "DE:urban", "50|30", "80 @ (wet)", "80 @ (a; 60 @ b", "", "x", "@", ";@;"]


def answer_for(limits, *, vehicle):
    return effective_limit(limits, circumstances=Circumstances(vehicle=vehicle), law=None, source="")


def read(tags, *, oneway=False, first_lanes=(0, 0), sign_unit=U.KMH):
    refused = []
    way = {"highway": "primary", **({"oneway": "yes"} if oneway else {}), **tags}
    counts = stated_lanes(way, drives_forward=True, drives_backward=not oneway, refused=[])
    limits = limits_of(
        tags,
        first_lanes=first_lanes,
        way_oneway=oneway,
        sign_unit=sign_unit,
        refused=refused,
        lanes_stated=counts.of_directions(),
    )
    return limits, refused


def forward(tags, **options):
    return read(tags, **options)[0].forward


@given(
    st.dictionaries(
        st.builds(
            lambda base, words: ":".join([base, *words]),
            st.sampled_from(["maxspeed", "minspeed"]),
            st.lists(st.sampled_from(WORDS), max_size=4),
        ),
        st.one_of(st.sampled_from(VALUES), st.text('0159 .mphkn@();|:"²½é\n', max_size=20)),
    )
)
def test_any_tags_are_read_or_refused_and_every_statement_keeps_its_text(tags):
    limits, refused = read(tags, oneway=True)
    for limit in (*limits.forward, *limits.backward):
        assert any(f"{key}={value}" in limit.raw for key, value in tags.items())
        assert (limit.posted_value_milli > 0) == (limit.posted_unit is not U.NONE)
        if limit.role is not R.MAXIMUM:
            assert limit.kind in (K.LIMITED, K.UNKNOWN)
            assert limit.raw.startswith("minspeed") or "advis" in limit.raw
    assert all(reason and text for reason, text in refused)


@given(st.integers(1, 500), st.sampled_from(["", " mph", "mph", " km/h", " knots"]))
def test_a_number_comes_back_as_it_is_posted(number, unit):
    limit = parse_value(f"{number}{unit}")
    assert limit is not None
    assert (limit.kind, limit.posted_value_milli) == (K.LIMITED, number * 1000)
    assert limit.posted_unit is {"mph": U.MPH, "knots": U.KNOTS}.get(unit.strip(), U.KMH)


def test_what_is_no_number_is_an_answer_of_its_own():
    assert [parse_value(v).kind for v in ("none", "walk", "signals", "variable")] == [  # type: ignore[union-attr]
        K.UNLIMITED,
        K.WALK,
        K.VARIABLE,
        K.VARIABLE,
    ]
    assert [parse_value(v) for v in ("0", "-5", "501", "50;30", "fast", "", "30 mp", "5 0", "1e2", "٣٠")] == [None] * 10


def test_garbage_is_refused_with_its_text_and_stays_as_an_answer_that_may_hold():
    limits, refused = read({"maxspeed": "80; 50"})
    assert limits.forward == limits.backward
    (unknown,) = limits.forward
    assert (unknown.kind, unknown.raw, unknown.condition) == (K.UNKNOWN, "maxspeed=80; 50", NOT_UNDERSTOOD)
    assert refused == [("speed limit not understood", "maxspeed=80; 50")]


TRUCK = VehicleProfile(VehicleClass.TRUCK, mass_max_kg=40_000)
REFUSED = [  # key, value, vehicle, does it hold for traffic along and against the way
    ("maxspeed:forward", "80;60", CAR, (True, False)),
    ("maxspeed:backward", "80;60", CAR, (False, True)),
    ("maxspeed:motorcar", "80;60", CAR, (True, True)),
    ("maxspeed:lanes", "80|100", CAR, (True, True)),
    ("maxspeed:lanes:forward", "80|x", CAR, (True, False)),
    ("maxspeed:lanes:backward", "80|" * 40, CAR, (False, True)),
    ("maxspeed:rain", "80", CAR, (True, True)),
    ("maxspeed:backward:rain", "80", CAR, (False, True)),
    ("maxspeed:hgv:trailer", "60", TRUCK, (True, True)),
    ("maxspeed:hgv", "xx", TRUCK, (True, True)),
    ("maxspeed:conditional", "", CAR, (True, True)),
]


@pytest.mark.parametrize(("key", "value", "vehicle", "holds"), REFUSED)
def test_what_is_refused_makes_no_weaker_statement_certain(key, value, vehicle, holds):
    limits, refused = read({"maxspeed": "100", key: value})
    assert {text for _, text in refused} == {f"{key}={value}"}
    for side, may_hold in zip((limits.forward, limits.backward), holds, strict=True):
        answer = answer_for(side, vehicle=vehicle)
        assert (answer.posted_value_milli, answer.certain) == (100_000, not may_hold)
        assert (f"{key}={value}" in [x.raw for x in answer.unresolved]) == may_hold


def test_what_is_refused_for_others_leaves_a_car_alone():
    for tags in ({"maxspeed:hgv": "xx"}, {"maxspeed:hgv:trailer": "60"}, {"maxspeed:rain": " "}):
        limits, refused = read({"maxspeed": "100", **tags})
        assert refused
        assert answer_for(limits.forward, vehicle=CAR).certain


def test_a_number_without_unit_is_not_certain_where_signs_are_in_miles():
    limits, _ = read({"maxspeed": "30", "maxspeed:hgv": "20 mph"}, sign_unit=U.MPH)
    answer = answer_for(limits.forward, vehicle=CAR)
    assert (answer.posted_value_milli, answer.posted_unit, answer.certain) == (30_000, U.KMH, False)
    assert [(x.posted_value_milli, x.posted_unit, x.condition) for x in answer.unresolved] == [(30_000, U.MPH, IF_MPH)]
    for text in ("30 mph", "50 km/h", "none", "walk"):
        (limit,) = forward({"maxspeed": text}, sign_unit=U.MPH)
        assert answer_for([limit], vehicle=CAR).certain
    wet = forward({"maxspeed:conditional": "40 @ wet"}, sign_unit=U.MPH)
    assert [(x.posted_unit, x.condition) for x in wet] == [(U.KMH, "wet"), (U.MPH, f"wet; {IF_MPH}")]
    zone = forward({"zone:maxspeed": "20"}, sign_unit=U.MPH)
    assert [(x.posted_unit, x.condition) for x in zone] == [(U.KMH, ""), (U.MPH, IF_MPH)]


def test_no_tag_states_nothing():
    assert read({"highway": "primary"}) == (NO_LIMITS, [])


def test_directions_are_kept_apart():
    limits, _ = read({"maxspeed": "50", "maxspeed:forward": "30 mph", "maxspeed:backward": "none"})
    assert [(x.raw, x.kind) for x in limits.forward] == [
        ("maxspeed=50", K.LIMITED),
        ("maxspeed:forward=30 mph", K.LIMITED),
    ]
    assert [x.kind for x in limits.backward] == [K.LIMITED, K.UNLIMITED]
    assert limits.forward[1].posted_unit is U.MPH


def test_a_rule_of_law_stays_a_reference():
    for tags in ({"maxspeed": "de:urban"}, {"source:maxspeed": "DE:urban"}, {"maxspeed:type": "DE:urban"}):
        (limit,) = forward(tags)
        assert (limit.kind, limit.rule_ref, limit.posted_value_milli) == (K.UNKNOWN, "DE:urban", 0)
    (limit,) = forward({"zone:traffic": "BE-VLG:urban"})
    assert limit.rule_ref == "BE-VLG:urban"


def test_a_number_with_a_rule_keeps_both_and_a_sign_makes_it_signed():
    (limit,) = forward({"maxspeed": "50", "source:maxspeed": "DE:urban"})
    assert (limit.kind, limit.rule_ref, limit.basis) == (K.LIMITED, "", Basis.TAGGED)
    assert limit.raw == "maxspeed=50; source:maxspeed=DE:urban"
    (limit,) = forward({"maxspeed": "50", "maxspeed:type": "sign"})
    assert (limit.basis, limit.raw) == (Basis.SIGNED, "maxspeed=50")


def test_a_zone_number_alone_is_a_limit_and_a_contradiction_stays_visible():
    (limit,) = forward({"zone:maxspeed": "30"})
    assert (limit.kind, limit.posted_value_milli, limit.raw) == (K.LIMITED, 30_000, "zone:maxspeed=30")
    for origin in ({"zone:maxspeed": "30"}, {"source:maxspeed": "DE:zone30"}, {"zone:maxspeed": "DE:30"}):
        (key, text), *_ = origin.items()
        assert forward({"maxspeed": "30", **origin})[1:] == ()
        base, other = forward({"maxspeed": "50", **origin})
        assert (base.posted_value_milli, base.condition) == (50_000, "")
        assert (other.posted_value_milli, other.condition, other.raw) == (30_000, f"by {key}", f"{key}={text}")
        assert not answer_for((base, other), vehicle=CAR).certain
    tags = {"maxspeed": "50", "source:maxspeed": "sign", "zone:maxspeed": "30"}
    assert [x.posted_value_milli for x in forward(tags)] == [50_000, 30_000], "the first origin does not hide it"
    assert len(forward({"maxspeed": "20 mph", "zone:maxspeed": "GB:20"}, sign_unit=U.MPH)) == 1
    assert len(forward({"maxspeed": "none", "zone:maxspeed": "30"})) == 2


def test_a_variable_sign_turns_the_number_into_an_upper_bound():
    (limit,) = forward({"maxspeed": "120", "maxspeed:variable": "obstruction"})
    assert (limit.kind, limit.posted_value_milli) == (K.VARIABLE, 120_000)
    (limit,) = forward({"maxspeed:variable": "yes"})
    assert (limit.kind, limit.posted_value_milli) == (K.VARIABLE, 0)
    assert forward({"maxspeed": "120", "maxspeed:variable": "no"})[0].kind is K.LIMITED


def test_conditions_are_kept_whole():
    day, wet = forward({"maxspeed:conditional": "120 @ (06:00-20:00; PH off); 80@wet"})
    assert (day.condition, day.posted_value_milli) == ("06:00-20:00; PH off", 120_000)
    assert (wet.condition, wet.posted_value_milli) == ("wet", 80_000)
    assert day.raw == "maxspeed:conditional=120 @ (06:00-20:00; PH off); 80@wet"
    (odd,) = forward({"maxspeed:conditional": "80 @ ((sunset+01:30)-(sunrise-01:30))"})
    assert odd.condition == "(sunset+01:30)-(sunrise-01:30)"
    (older,) = forward({"maxspeed:wet": "80"})
    assert (older.condition, older.posted_value_milli) == ("wet", 80_000)


def test_a_condition_that_cannot_be_taken_apart_still_makes_the_limit_uncertain():
    for text in ("30 @ (06:00-22:00", "30", "120 @ (a)|80 @ (b)", "fast @ wet", "@ wet"):
        limits, refused = read({"maxspeed": "50", "maxspeed:conditional": text})
        (unknown,) = [x for x in limits.forward if x.condition]
        assert unknown.kind is K.UNKNOWN
        assert [reason for reason, _ in refused] == ["conditional speed limit not understood, kept undecided"]


def test_lanes_count_from_the_left_in_driving_direction():
    lanes = forward({"maxspeed:lanes": "120||80"}, oneway=True)
    assert [(x.lane_index, x.posted_value_milli) for x in lanes] == [(0, 120_000), (2, 80_000)]
    limits, refused = read({"maxspeed:lanes": "120|80"})
    assert [x.kind for x in limits.forward] == [K.UNKNOWN]
    assert refused[0][0] == "speed limit per lane without direction"
    limits, _ = read({"maxspeed:lanes:backward": "60|40"}, first_lanes=(1, 1))
    assert [x.lane_index for x in limits.backward] == [1, 2]
    (a, b) = forward({"maxspeed:lanes:conditional": "100||80 @ (wet)"}, oneway=True)
    assert [(x.lane_index, x.condition) for x in (a, b)] == [(0, "wet"), (2, "wet")]


def test_vehicles_keep_their_word():
    (limit,) = forward({"maxspeed:hgv": "80"})
    assert (limit.vehicle, limit.posted_value_milli) == ("hgv", 80_000)
    _, refused = read({"maxspeed:giraffe": "80"})
    assert refused == [("speed limit with an unknown key", "maxspeed:giraffe=80")]


def test_what_is_recommended_and_what_is_least_are_no_limits():
    roles = {
        "maxspeed": R.MAXIMUM,
        "maxspeed:advisory": R.ADVISORY,
        "maxspeed:advised": R.ADVISORY,
        "minspeed": R.MINIMUM,
    }
    for key, role in roles.items():
        (limit,) = forward({key: "70 mph"})
        assert (limit.role, limit.posted_value_milli, limit.posted_unit, limit.raw) == (
            role,
            70_000,
            U.MPH,
            f"{key}=70 mph",
        )
    limits, refused = read({"maxspeed": "100", "maxspeed:advisory:backward": "60", "minspeed:forward": "30"})
    assert [(x.role, x.posted_value_milli) for x in limits.forward] == [(R.MAXIMUM, 100_000), (R.MINIMUM, 30_000)]
    assert [(x.role, x.posted_value_milli) for x in limits.backward] == [(R.MAXIMUM, 100_000), (R.ADVISORY, 60_000)]
    assert refused == []
    assert forward({"maxspeed:practical": "40", "maxspeed:advised:reason": "bend"}) == ()


def test_a_least_speed_by_lane_vehicle_and_time():
    lanes = forward({"minspeed:lanes": "|90|120"}, oneway=True)
    assert [(x.role, x.lane_index, x.posted_value_milli) for x in lanes] == [
        (R.MINIMUM, 1, 90_000),
        (R.MINIMUM, 2, 120_000),
    ]
    (limit,) = forward({"minspeed:hgv:conditional": "60 @ (06:00-20:00)"})
    assert (limit.role, limit.vehicle, limit.condition) == (R.MINIMUM, "hgv", "06:00-20:00")
    (advice,) = forward({"maxspeed:advisory:conditional": "80 @ wet"})
    assert (advice.role, advice.condition) == (R.ADVISORY, "wet")


def test_advice_and_least_speeds_are_numbers_or_refused():
    for key, text in (("minspeed", "none"), ("maxspeed:advisory", "signals"), ("minspeed", "DE:urban")):
        limits, refused = read({key: text})
        (unknown,) = limits.forward
        assert (unknown.kind, unknown.condition, unknown.raw) == (K.UNKNOWN, NOT_UNDERSTOOD, f"{key}={text}")
        assert unknown.role is not R.MAXIMUM
        assert refused == [("speed limit not understood", f"{key}={text}")]


def test_advice_touches_no_limit():
    """A sign's origin, variable signs and contradictions are about the maximum alone."""
    tags = {"maxspeed:advisory": "60", "minspeed": "30", "source:maxspeed": "sign", "maxspeed:variable": "yes"}
    variable, *others = sorted(forward(tags), key=lambda x: x.role)
    assert variable.kind is K.VARIABLE
    assert [(x.kind, x.basis) for x in others] == [(K.LIMITED, Basis.TAGGED)] * 2
    (rule,) = [x for x in forward({"minspeed": "30", "maxspeed:type": "DE:rural"}) if x.role is R.MAXIMUM]
    assert rule.rule_ref == "DE:rural"
    both = forward({"maxspeed:advisory": "50", "zone:maxspeed": "30"})
    assert [(x.role, x.posted_value_milli, x.condition) for x in both] == [
        (R.ADVISORY, 50_000, ""),
        (R.MAXIMUM, 30_000, ""),
    ]


def test_a_variable_sign_of_one_direction():
    limits, _ = read({"maxspeed": "120", "maxspeed:variable:forward": "yes"})
    assert [x.kind for x in limits.forward] == [K.VARIABLE]
    assert [x.kind for x in limits.backward] == [K.LIMITED]


@pytest.mark.parametrize(
    ("key", "value", "sides"),
    [
        ("maxspeed:forward:variable", "yes", (True, False)),
        ("maxspeed:variable:backward", "peak_traffic", (False, True)),
        ("maxspeed:lanes:variable", "yes|yes", (True, True)),
        ("maxspeed:variable:lanes:forward", "no|yes", (True, False)),
        ("maxspeed:variable:conditional", "yes @ (06:00-20:00)", (True, True)),
        ("maxspeed:variable:conditional", "(06:00-20:00", (True, True)),
        ("maxspeed:variable:max", "130", (True, True)),
        ("maxspeed:variable", "no", (False, False)),
        ("maxspeed:lanes:variable", "no|no", (False, False)),
        ("maxspeed:variable:conditional", "no @ (06:00-20:00)", (False, False)),
        ("maxspeed:variable:source", "survey", (False, False)),
    ],
)
def test_no_word_order_hides_a_variable_sign(key, value, sides):
    limits, _ = read({"maxspeed": "120", key: value})
    for side, variable in zip((limits.forward, limits.backward), sides, strict=True):
        assert answer_for(side, vehicle=CAR).certain == (not variable)
        assert any(x.kind is K.VARIABLE and f"{key}={value}" in x.raw for x in side) == variable


def test_a_variable_sign_for_some_vehicles_and_over_lanes():
    for key in ("maxspeed:hgv:variable", "maxspeed:variable:hgv"):
        all_of_them, trucks = forward({"maxspeed": "120", key: "yes"})
        assert (all_of_them.kind, trucks.kind, trucks.vehicle) == (K.LIMITED, K.VARIABLE, "hgv")
        _, trucks = forward({"maxspeed": "120", "maxspeed:hgv": "80", key: "yes"})
        assert (trucks.kind, trucks.posted_value_milli) == (K.VARIABLE, 80_000)
    lanes = forward({"maxspeed:lanes": "120|100", "maxspeed:variable": "yes"}, oneway=True)
    assert {x.kind for x in lanes} == {K.VARIABLE}


@pytest.mark.parametrize(
    ("tags", "oneway", "doubted"),
    [
        ({"lanes": "3", "maxspeed:lanes": "100|100"}, True, True),
        ({"lanes": "2", "maxspeed:lanes": "120|120|80"}, True, True),
        ({"lanes": "2", "maxspeed:lanes": "120|80"}, True, False),
        ({"maxspeed:lanes": "120|80"}, True, False),
        ({"lanes": "4", "maxspeed:lanes:forward": "120|80"}, False, False),
        ({"lanes": "4", "lanes:backward": "1", "maxspeed:lanes:forward": "120|80"}, False, True),
        ({"lanes:forward": "2", "maxspeed:lanes:forward": "120|80"}, False, False),
        ({"lanes:forward": "3", "maxspeed:lanes:forward:conditional": "120|80 @ wet"}, False, True),
        ({"lanes": "3", "lanes:forward": "2", "lanes:backward": "2", "maxspeed:lanes:forward": "120|80"}, False, True),
        (
            {
                "lanes:forward": "2",
                "lanes:backward": "1",
                "turn:lanes:backward": "left|through",
                "maxspeed:lanes:forward": "120|80",
            },
            False,
            False,
        ),
    ],
)
def test_a_lane_list_with_another_count_than_lanes_is_doubted(tags, oneway, doubted):
    limits, refused = read(tags, oneway=oneway)
    assert {reason for reason, _ in refused} == ({"lane list with another count than lanes"} if doubted else set())
    assert {x.confidence_permille for x in limits.forward} == {DOUBTED_PERMILLE if doubted else 0}
    if doubted:
        answer = answer_for(limits.forward, vehicle=CAR)
        assert not answer.certain
        assert not any(x.certain for x in answer.lanes)


@given(st.dictionaries(st.sampled_from(["maxspeed", "minspeed", "maxspeed:hgv", "source:maxspeed", "zone:traffic"]),
                       st.sampled_from(VALUES)), st.randoms(use_true_random=False))  # fmt: skip
def test_the_order_of_tags_leaves_no_trace(tags, order):
    items = [*tags.items(), ("highway", "primary"), ("name", "x")]
    order.shuffle(items)
    assert read(dict(items)) == read(tags)
