"""How a limit is told to a person: what is not certain says why."""

from dataclasses import replace

import pytest

from mapprior.cli.horizon import _lanes_text
from mapprior.cli.limit_words import posted_text
from mapprior.cli.view import limit_text, posted
from mapprior.model.limit import EffectiveLimit, LaneLimit, LimitAlternative, LimitKind, PostedSpeed, SpeedUnit
from mapprior.model.provenance import Basis

FIFTY = EffectiveLimit(LimitKind.LIMITED, 50_000, SpeedUnit.KMH, 13_889, Basis.TAGGED, 800, True, (), "50", "")
NIGHT = LimitAlternative(LimitKind.LIMITED, 30_000, SpeedUnit.KMH, "22:00-06:00", "30")
UNSURE = replace(FIFTY, certain=False)


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        (FIFTY, "50 km/h  tagged, 80 %"),
        (replace(UNSURE, unresolved=(NIGHT,)), "50 km/h?  tagged, 80 %  or 30 km/h if 22:00-06:00"),
        (replace(UNSURE, unresolved=(replace(NIGHT, condition="if built-up"),)), "or 30 km/h if built-up"),
        (replace(UNSURE, unresolved=(NIGHT,) * 5), "and 2 more"),
        (replace(UNSURE, confidence_permille=500), "the map's builder doubts it"),
        (replace(UNSURE, confidence_permille=300), "the map's builder doubts it"),
        (replace(UNSURE, basis=Basis.LAW_DEFAULT, confidence_permille=400), "the law is not well sourced"),
        (replace(UNSURE, basis=Basis.INFERRED), "the kind of road is inferred"),
        (replace(UNSURE, kind=LimitKind.VARIABLE), "variable, at most 50 km/h?  tagged, 80 %  a variable sign decides"),
        (replace(UNSURE, basis=Basis.FEED, work_zone_id="w"), "from work zone w  a sign that is seen wins"),
        (replace(FIFTY, next_change_us=1_781_121_600_000_000), "until Wed 20:00:00 UTC"),
        (replace(FIFTY, advisory=PostedSpeed(40_000, SpeedUnit.KMH, "", Basis.TAGGED, 800)), "advised 40 km/h"),
        (replace(FIFTY, minimum=PostedSpeed(40_000, SpeedUnit.MPH, "", Basis.TAGGED, 800)), "at least 40 mph"),
        (
            replace(FIFTY, lanes=(LaneLimit(1, LimitKind.LIMITED, 40_000, SpeedUnit.KMH, 11_111, False, ""),)),
            "lane 2 from the left: 40 km/h?",
        ),
    ],
)
def test_what_is_said(limit: EffectiveLimit, says: str) -> None:
    assert says in limit_text(limit).plain


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("LIMITED", 80, "80 km/h"),
        ("VARIABLE", 80, "variable, at most 80 km/h"),
        ("VARIABLE", None, "variable sign"),
        ("UNLIMITED", None, "no limit"),
        ("WALK", None, "walking pace"),
        ("UNKNOWN", None, "unknown"),
    ],
)
def test_a_sign_has_one_name_in_the_table_and_in_the_live_view(kind: str, value: int | None, says: str) -> None:
    limit = replace(FIFTY, kind=LimitKind[kind], posted_value_milli=(value or 0) * 1000)
    assert posted(limit) == posted_text(LimitKind[kind], value, "km/h") == says


def test_the_table_does_not_count_a_cycle_lane_among_those_for_cars() -> None:
    types = ("DRIVING", "DRIVING", "CYCLE", "BUS", "BUS")
    assert _lanes_text([{"type": x} for x in types]) == "2 and 2 bus and 1 cycle"
    assert _lanes_text([{"type": "UNKNOWN"}]) == "1 unknown"
    assert _lanes_text([{"type": "DRIVING"}]) == "1"


def test_a_road_in_doubt_is_named() -> None:
    text = limit_text(replace(UNSURE, confidence_permille=500), road_in_doubt=True)
    assert text.plain.endswith("the vehicle's road is not sure")
