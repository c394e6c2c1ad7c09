"""What the drives of a process share of their limits, and for how long."""

import gc
import weakref
from dataclasses import replace

import pytest

from mapprior.horizon import drive_limits
from mapprior.horizon.drive_limits import DriveLimits, Question, Setting
from mapprior.market.circumstances import Arrival, Place
from mapprior.market.countries import market_pack
from mapprior.market.law import MarketLaw
from mapprior.model.ids import TileId
from mapprior.model.pose import CAR, DrivingConditions, VehicleProfile
from tests.asciimap import Drawn, draw
from tests.horizon.timed import LAW, kmh, utc_us
from tests.market.effective_reference import rule


class PlacedLaw(MarketLaw):
    def place(self, tile_id: TileId) -> Place:
        return replace(super().place(tile_id), lat_deg=50.0, lon_deg=8.0)


PLACED = PlacedLaw.from_pack({"code": "ZZ", "time_zones": ["Europe/Berlin"]})


def road(condition: str) -> Drawn:
    return draw("A-----B", ways={"AB": {"limits": (kmh(50), kmh(30, condition)), "oneway": True}})


def limits_of(drawn: Drawn, vehicle: VehicleProfile) -> DriveLimits:
    return DriveLimits(drawn.network, vehicle, {1: PLACED}, DrivingConditions())


def test_a_profile_goes_with_the_last_drive_that_has_it() -> None:
    drawn = road("22:00-06:00")
    lorry = VehicleProfile(mass_kg=9_137)
    one, other = limits_of(drawn, lorry), limits_of(drawn, lorry)
    link = drawn.link("AB").link_id
    shared = one.of(link)
    assert other.of(link) is shared
    kept = weakref.ref(next(iter(one._settings.values())))
    del one, shared
    gc.collect()
    assert kept() is not None
    del other
    gc.collect()
    assert kept() is None
    assert all(x.vehicle != lorry for x in Setting._shared)


@pytest.mark.parametrize(("condition", "known"), [("22:00-06:00", False), ("sunset-sunrise", True)])
def test_the_place_counts_only_where_the_sun_does(condition: str, known: bool) -> None:
    drawn = road(condition)
    question = limits_of(drawn, CAR).of(drawn.link("AB").link_id).question
    assert (question.place.lat_deg is not None) is known


def test_all_drives_together_keep_a_bounded_number_of_answers() -> None:
    questions = [Question(VehicleProfile(mass_kg=x), DrivingConditions(), Place(), LAW) for x in range(32)]
    assert drive_limits.ANSWERS_COUNT_MAX < 32 * 295
    shared = [Setting.shared(x) for x in questions]
    for number in range(5, 300):
        for setting in shared:
            setting.of((kmh(number),))
        assert sum(x.count for x in Setting._shared.values()) <= drive_limits.ANSWERS_COUNT_MAX


def test_who_says_the_same_is_answered_by_one_object() -> None:
    setting = Setting(Question(CAR, DrivingConditions(), Place(), LAW))
    answers = setting.of((kmh(50),))
    for same in [(kmh(50),) for _ in range(100)]:  # made and gone: what is new may lie where another lay
        assert setting.of(same) is answers
        assert setting.of((kmh(30),)) is not answers
    assert setting.count == 2


def test_a_switch_that_changes_nothing_is_not_named() -> None:
    """Some states lower the limit of country roads at night: in a state that is not known that is asked for, and a sign
    counts all the same."""
    law = MarketLaw.from_pack(market_pack("US"))
    place = Place("US", "", "America/Los_Angeles", 45.5, -122.7)
    question = Question(CAR, DrivingConditions(), place, law)
    limits = (kmh(40), rule("US:urban_residential"), rule("US:rural", condition="if not built-up"))
    noon_us = utc_us("2026-06-10T19:00:00")
    noon = Arrival(noon_us, noon_us)
    asked = question.answer(limits, noon)
    assert asked.next_change_us > noon_us
    answers = Setting(question).of(limits)
    assert answers.at(noon) == replace(asked, next_change_us=0)
    assert answers.changes_us(noon_us) > asked.next_change_us
