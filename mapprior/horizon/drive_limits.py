"""The limits of links for one drive: its vehicle, its conditions, the law of the place, the time of arrival.

What statements come to is found once for each vehicle, weather and place. It is shared by the drives of a process that
ask the same, and goes with the last of them: nothing of a vehicle or a place is kept for nobody. The place is known to
a tenth of a degree only where a statement depends on the sun. Does not know of paths.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import ClassVar, Final, NamedTuple, Protocol
from weakref import WeakValueDictionary

from mypy_extensions import mypyc_attr

from mapprior.errors import TileError
from mapprior.geo.units import US_PER_SEC
from mapprior.horizon.arrival import Pace, pace_of
from mapprior.market.circumstances import Arrival, Circumstances, Place
from mapprior.market.effective import Law, effective_limit, is_timed
from mapprior.market.limit_values import Value, value
from mapprior.model.ids import LinkId, TileId, dataset_of, tile_of, tile_parts
from mapprior.model.limit import EffectiveLimit, LimitAlternative, TaggedLimit
from mapprior.model.network import Network
from mapprior.model.pose import DrivingConditions, VehicleProfile

ANSWERS_COUNT_MAX: Final = 8192  # of all drives of a process together
TILES_COUNT_MAX: Final = 256  # remembered by a drive
PERIODS_COUNT_MAX: Final = 8  # looked at one by one
SWITCHES_COUNT_MAX: Final = 16  # looked at for one that changes something: a week of nights
PERIODS_KEPT_COUNT_MAX: Final = 4  # per answer
ROUND_US: Final = 6 * 3600 * US_PER_SEC
_FOREVER_US: Final = 1 << 62
_SUN: Final = re.compile("sun|dawn|dusk")


class DriveLaw(Law, Protocol):
    """What a drive needs of a market's law; `MarketLaw` is one."""

    def place(self, tile_id: TileId) -> Place: ...
    def __hash__(self) -> int: ...


class _Period(NamedTuple):
    """Within it one answer holds. Found by asking from the beginning of a round on, so that `until_us`, which may be
    no more than a time to ask again, depends on the time alone and not on who asked before."""

    round: int
    from_us: int
    until_us: int
    answer: EffectiveLimit


@dataclass(slots=True)
class LinkAnswers:
    """What one set of statements comes to in one setting, whenever the vehicle arrives. Shared; do not change it."""

    limits: tuple[TaggedLimit, ...]
    question: "Question"
    whenever: EffectiveLimit  # what depends on time is left open in it
    timed: bool
    pace: Pace
    _periods: list[_Period] = field(default_factory=list)  # newest first
    _torn: tuple[int, int, EffectiveLimit] | None = None  # the first and the last end of its periods, the answer

    def at(self, arrival: Arrival | None) -> EffectiveLimit:
        """The answer for an arrival; None where it is not known when. Where a switch lies within the interval it is
        what holds at the earliest, undecided, with all that may hold instead."""
        if not self.timed or arrival is None:
            return self.whenever
        period = self._period(arrival.earliest_us)
        if arrival.latest_us < period.until_us:
            return period.answer
        periods = [period]
        while periods[-1].until_us <= arrival.latest_us and len(periods) < PERIODS_COUNT_MAX:
            periods.append(self._period(periods[-1].until_us))
        ends = period.until_us, periods[-1].until_us
        if self._torn is None or self._torn[:2] != ends:
            undecided = self.question.answer(self.limits, arrival)
            more = periods[-1].until_us <= arrival.latest_us  # than are looked at one by one
            self._torn = (*ends, _torn([x.answer for x in periods], undecided, more=more))
        return self._torn[2]

    def _period(self, time_us: int) -> _Period:
        number = time_us // ROUND_US
        known = [x for x in self._periods if x.round == number and x.from_us <= time_us]
        for x in known:
            if time_us < x.until_us:
                return x
        from_us = max((x.until_us for x in known), default=number * ROUND_US)
        while True:
            period = _Period(number, from_us, *self._from(from_us))
            if time_us < period.until_us:
                break
            from_us = period.until_us
        self._periods = [period, *self._periods][:PERIODS_KEPT_COUNT_MAX]
        return period

    def _from(self, time_us: int) -> tuple[int, EffectiveLimit]:
        """(until when, what holds from then on). A switch that changes nothing of it is passed over; where all that
        are looked at do so, none is named, and it is asked again at the last."""
        answer = self.question.answer(self.limits, Arrival(time_us, time_us))
        change_us = answer.next_change_us
        for _ in range(SWITCHES_COUNT_MAX):
            if not change_us:
                break
            after = self.question.answer(self.limits, Arrival(change_us, change_us))
            if replace(after, next_change_us=answer.next_change_us) != answer:
                return change_us, _changing(answer, change_us)
            change_us = after.next_change_us
        return change_us or _FOREVER_US, _changing(answer, 0)

    def changes_us(self, time_us: int) -> int:
        """The first switch after this time; what depends on time only."""
        return self._period(time_us).until_us


def _changing(answer: EffectiveLimit, change_us: int) -> EffectiveLimit:
    return answer if answer.next_change_us == change_us else replace(answer, next_change_us=change_us)


def _torn(answers: Sequence[EffectiveLimit], undecided: EffectiveLimit, *, more: bool) -> EffectiveLimit:
    """One answer of those that hold one after the other; `undecided` has the words for when each holds, and stands for
    those that are not looked at, if there are `more`."""
    first = answers[0]
    if not more and all(x.certain and limit_sign(x) == limit_sign(first) for x in answers):
        return first
    words = {value(x): x for x in undecided.unresolved}
    may: dict[Value, LimitAlternative] = {}
    for x in answers:
        plain = LimitAlternative(x.kind, x.posted_value_milli, x.posted_unit, "", x.raw)
        for other in (plain, *x.unresolved):
            may.setdefault(value(other), words.get(value(other), other))
    may |= words if more else {}
    may.pop(value(first), None)
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
    return (*value(limit), {value(x) for x in limit.unresolved}, lanes)


@dataclass(frozen=True, slots=True)
class Question:
    """One vehicle in one weather at one place, under one law."""

    vehicle: VehicleProfile
    conditions: DrivingConditions
    place: Place
    law: DriveLaw | None

    def answer(self, limits: tuple[TaggedLimit, ...], arrival: Arrival | None) -> EffectiveLimit:
        """Found anew. The source is left out: few different answers cover a country."""
        circumstances = Circumstances(self.vehicle, self.conditions, self.place, arrival)
        return effective_limit(limits, circumstances=circumstances, law=self.law, source="")


@mypyc_attr(native_class=False)  # weakly held
class Setting:
    """The answers to one question, by statements. Held by the drives that ask it, and by nobody else."""

    __slots__ = ("__weakref__", "_answers", "_by_identity", "_question")
    _shared: ClassVar[WeakValueDictionary[Question, "Setting"]] = WeakValueDictionary()

    def __init__(self, question: Question) -> None:
        self._question = question
        self._answers: dict[tuple[TaggedLimit, ...], LinkAnswers] = {}
        self._by_identity: dict[int, LinkAnswers] = {}  # the same: hashing statements costs more than the rest

    @classmethod
    def shared(cls, question: Question) -> "Setting":
        """The one that other drives ask too."""
        return cls._shared.setdefault(question, cls(question))

    @property
    def count(self) -> int:
        return len(self._answers)

    def known(self, limits: tuple[TaggedLimit, ...]) -> LinkAnswers | None:
        """The answers to these very statements, if they were asked for lately."""
        found = self._by_identity.get(id(limits))
        return found if found is not None and found.limits is limits else None

    def of(self, limits: tuple[TaggedLimit, ...]) -> LinkAnswers:
        found = self.known(limits)
        if found is not None:
            return found
        found = self._answers.get(limits)
        if found is None:
            self._make_room()
            question = self._question
            whenever = question.answer(limits, None)
            found = LinkAnswers(limits, question, whenever, is_timed(limits, question.law), pace_of(whenever))
            self._answers[limits] = self._by_identity[id(limits)] = found
        return found

    def _make_room(self) -> None:
        """All forget where too much is kept; what paths hold is theirs. Few roads bring statements never seen."""
        if sum(x.count for x in self._shared.values()) >= ANSWERS_COUNT_MAX:
            for x in self._shared.values():
                x._answers, x._by_identity = {}, {}


class DriveLimits:
    """Limits for one drive. `laws` are by dataset id; without one the law is unknown, and so is the clock."""

    __slots__ = ("_network", "_settings", "conditions", "laws", "vehicle")

    def __init__(
        self, network: Network, vehicle: VehicleProfile, laws: Mapping[int, DriveLaw], conditions: DrivingConditions
    ) -> None:
        self._network = network
        self.vehicle = vehicle
        self.laws = laws
        self.conditions = conditions
        self._settings: dict[tuple[TileId, bool], Setting] = {}  # by tile, and whether its position counts

    def sense(self, conditions: DrivingConditions) -> bool:
        """The weather and light from now on; whether that is new."""
        if conditions == self.conditions:
            return False
        self.conditions = conditions
        self._settings = {}
        return True

    def of(self, link_id: LinkId) -> LinkAnswers:
        """What holds on a link. A link that cannot be read has no statements, so its limit is unknown."""
        tile = tile_of(link_id)
        try:
            limits = self._network.limits(link_id)
        except TileError:
            limits = ()
        setting = self._settings.get((tile, False))
        found = setting.known(limits) if setting is not None else None
        if found is not None:  # nearly always, and then nothing in it depends on the sun
            return found
        law = self.laws.get(dataset_of(link_id))
        key = tile, bool(limits) and _by_sun(limits, law)
        return (self._settings.get(key) or self._set(*key)).of(limits)

    def _set(self, tile: TileId, by_sun: bool) -> Setting:
        dataset_id = tile_parts(tile)[0]
        law = self.laws.get(dataset_id)
        dataset = self._network.datasets.get(dataset_id)
        place = law.place(tile) if law is not None else Place(market=dataset.market if dataset is not None else "")
        if not by_sun:
            place = replace(place, lat_deg=None, lon_deg=None)
        if len(self._settings) >= TILES_COUNT_MAX:
            self._settings = {}
        question = Question(self.vehicle, self.conditions, place, law)
        setting = self._settings[tile, by_sun] = Setting.shared(question)
        return setting


def _by_sun(limits: tuple[TaggedLimit, ...], law: DriveLaw | None) -> bool:
    """Whether a condition of the statements, or of the law that they name, depends on where the sun stands."""
    return any(names_sun(x.condition) or (law is not None and _law_names_sun(law, x.rule_ref)) for x in limits)


@lru_cache(maxsize=4096)
def names_sun(condition: str) -> bool:
    """Whether a condition depends on where the sun stands."""
    return _SUN.search(condition) is not None


@lru_cache(maxsize=256)
def _law_names_sun(law: DriveLaw, rule_ref: str) -> bool:
    stated = law.statements(rule_ref, date=None, region="") if rule_ref else None
    return any(names_sun(x.condition) for x in stated or ())
