"""The limits of links for one drive: its vehicle, its conditions, the law of the place, the time of arrival.

What statements come to is found once for each vehicle, weather and place, and shared by all drives of a process;
what depends on time is kept for as long as no switch passes. Does not know of paths.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from mapprior.errors import TileError
from mapprior.horizon.arrival import Pace, pace_of
from mapprior.market.circumstances import Arrival, Circumstances, Place
from mapprior.market.effective import Law, effective_limit, is_timed
from mapprior.model.ids import LinkId, TileId, tile_of, tile_parts
from mapprior.model.limit import EffectiveLimit, LimitAlternative, LimitKind, SpeedUnit, TaggedLimit
from mapprior.model.network import Network
from mapprior.model.pose import DrivingConditions, VehicleProfile

ANSWERS_COUNT_MAX: Final = 8192  # of one vehicle, weather and place
SETTINGS_COUNT_MAX: Final = 512
TILES_COUNT_MAX: Final = 256  # remembered by a drive
PERIODS_COUNT_MAX: Final = 8  # kept per answer
_FOREVER_US: Final = 1 << 62
_Value = tuple[LimitKind, int, SpeedUnit]


class DriveLaw(Law, Protocol):
    """What a drive needs of a market's law; `MarketLaw` is one."""

    def place(self, tile_id: TileId) -> Place: ...
    def __hash__(self) -> int: ...


class _Period(NamedTuple):
    """Within it one answer holds."""

    from_us: int
    until_us: int
    answer: EffectiveLimit


@dataclass(slots=True)
class LinkAnswers:
    """What one set of statements comes to in one setting, whenever the vehicle arrives. Shared; do not change it."""

    limits: tuple[TaggedLimit, ...]
    setting: "_Setting"
    whenever: EffectiveLimit  # what depends on time is left open in it
    timed: bool
    pace: Pace
    _periods: list[_Period] = field(default_factory=list)  # newest first
    _torn: tuple[int, int, EffectiveLimit] | None = None  # the first and the last end of its periods, the answer

    def at(self, arrival: Arrival) -> EffectiveLimit:
        """The answer for an arrival. Where a switch lies within the interval it is what holds at the earliest,
        undecided, with all that may hold instead."""
        if not self.timed:
            return self.whenever
        period = self._period(arrival.earliest_us)
        if arrival.latest_us < period.until_us:
            return period.answer
        periods = [period]
        while periods[-1].until_us <= arrival.latest_us and len(periods) < PERIODS_COUNT_MAX:
            periods.append(self._period(periods[-1].until_us))
        ends = period.until_us, periods[-1].until_us
        if self._torn is None or self._torn[:2] != ends:
            undecided = self.setting.answer(self.limits, arrival)
            more = periods[-1].until_us <= arrival.latest_us  # than are looked at one by one
            self._torn = (*ends, _torn([x.answer for x in periods], undecided, more=more))
        return self._torn[2]

    def _period(self, time_us: int) -> _Period:
        for x in self._periods:
            if x.from_us <= time_us < x.until_us:
                return x
        answer = self.setting.answer(self.limits, Arrival(time_us, time_us))
        period = _Period(time_us, answer.next_change_us or _FOREVER_US, answer)
        # what was found for a later time, up to the same switch, is part of it
        others = [x for x in self._periods if x.until_us != period.until_us]
        self._periods = [period, *others][:PERIODS_COUNT_MAX]
        return period


def _torn(answers: Sequence[EffectiveLimit], undecided: EffectiveLimit, *, more: bool) -> EffectiveLimit:
    """One answer of those that hold one after the other; `undecided` has the words for when each holds, and stands for
    those that are not looked at, if there are `more`."""
    first = answers[0]
    if not more and all(x.certain and limit_sign(x) == limit_sign(first) for x in answers):
        return first
    words = {_value(x): x for x in undecided.unresolved}
    may: dict[_Value, LimitAlternative] = {}
    for x in answers:
        plain = LimitAlternative(x.kind, x.posted_value_milli, x.posted_unit, "", x.raw)
        for other in (plain, *x.unresolved):
            may.setdefault(_value(other), words.get(_value(other), other))
    may |= words if more else {}
    may.pop(_value(first), None)
    return replace(
        undecided,
        kind=first.kind,
        posted_value_milli=first.posted_value_milli,
        posted_unit=first.posted_unit,
        limit_mm_per_sec=first.limit_mm_per_sec,
        basis=first.basis,
        confidence_permille=min(first.confidence_permille, undecided.confidence_permille),
        raw=first.raw,
        certain=False,
        unresolved=tuple(may.values()),
        next_change_us=first.next_change_us,
    )


def limit_sign(limit: EffectiveLimit) -> tuple[object, ...]:
    """What a limit says to the vehicle, all that may hold included; not who says it, nor when it changes."""
    lanes = tuple((x.lane_index, x.kind, x.posted_value_milli, x.posted_unit, x.certain) for x in limit.lanes)
    return (*_value(limit), {_value(x) for x in limit.unresolved}, lanes)


def _value(x: EffectiveLimit | LimitAlternative) -> _Value:
    return x.kind, x.posted_value_milli, x.posted_unit


class _Setting:
    """One vehicle in one weather at one place. `of` answers for statements."""

    __slots__ = ("_answers", "_circumstances", "_law")

    def __init__(self, vehicle: VehicleProfile, conditions: DrivingConditions, place: Place, law: Law | None) -> None:
        self._circumstances = Circumstances(vehicle=vehicle, conditions=conditions, place=place)
        self._law = law
        self._answers: dict[tuple[TaggedLimit, ...], LinkAnswers] = {}

    def of(self, limits: tuple[TaggedLimit, ...]) -> LinkAnswers:
        found = self._answers.get(limits)
        if found is None:
            if len(self._answers) >= ANSWERS_COUNT_MAX:
                self._answers.clear()
            whenever = self.answer(limits, None)
            found = LinkAnswers(limits, self, whenever, is_timed(limits, self._law), pace_of(whenever))
            self._answers[limits] = found
        return found

    def answer(self, limits: tuple[TaggedLimit, ...], arrival: Arrival | None) -> EffectiveLimit:
        """Found anew. The source is left out: few different answers cover a country."""
        asked = self._circumstances
        circumstances = Circumstances(asked.vehicle, asked.conditions, asked.place, arrival)
        return effective_limit(limits, circumstances=circumstances, law=self._law, source="")


@lru_cache(maxsize=SETTINGS_COUNT_MAX)
def _setting(vehicle: VehicleProfile, conditions: DrivingConditions, place: Place, law: DriveLaw | None) -> _Setting:
    return _Setting(vehicle, conditions, place, law)


class DriveLimits:
    """Limits for one drive. `laws` are by dataset id; without one the law is unknown, and so is the clock."""

    def __init__(
        self, network: Network, vehicle: VehicleProfile, laws: Mapping[int, DriveLaw], conditions: DrivingConditions
    ) -> None:
        self._network = network
        self._vehicle = vehicle
        self._laws = laws
        self._conditions = conditions
        self._settings: dict[TileId, _Setting] = {}

    def sense(self, conditions: DrivingConditions) -> bool:
        """The weather and light from now on; whether that is new."""
        if conditions == self._conditions:
            return False
        self._conditions = conditions
        self._settings = {}
        return True

    def of(self, link_id: LinkId) -> LinkAnswers:
        """What holds on a link. A link that cannot be read has no statements, so its limit is unknown."""
        tile = tile_of(link_id)
        setting = self._settings.get(tile) or self._set(tile)
        try:
            return setting.of(self._network.limits(link_id))
        except TileError:
            return setting.of(())

    def _set(self, tile: TileId) -> _Setting:
        dataset_id = tile_parts(tile)[0]
        law = self._laws.get(dataset_id)
        dataset = self._network.datasets.get(dataset_id)
        place = law.place(tile) if law is not None else Place(market=dataset.market if dataset is not None else "")
        if len(self._settings) >= TILES_COUNT_MAX:
            self._settings = {}
        setting = self._settings[tile] = _setting(self._vehicle, self._conditions, place, law)
        return setting
