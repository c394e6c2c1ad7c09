"""The limits along one path, at the time of arrival (`arrival.py`).

A path on which none depends on time is laid once. One on which some do is looked at again when its links change, when
the vehicle enters such a link, when a switch may have come into reach, and when it passes; and every 2 s while one is
in reach, or due before the vehicle is expected at all: it may drive faster than that. The drive's speed and place in
between do not matter. While the vehicle's clock is not believed, what depends on time is left open. A link whose
arrival straddles a switch is undecided, with both answers, at once; it is decided again only when the switch lies
outside the interval by 10 s, so that it does not flicker.

Nothing else of an answer depends on how the vehicle came there. Two drives at one place and time never hold two
different certain limits of the same link: where they differ, one of them is undecided yet.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from mapprior.horizon.arrival import NEVER_US, RELOOK_US, Course, Departure, look_again_us, with_hysteresis
from mapprior.horizon.drive_limits import LinkAnswers
from mapprior.horizon.items import ROOT
from mapprior.horizon.laid_limit import LaidLimit
from mapprior.horizon.links import NO_LINKS, Links
from mapprior.horizon.side_paths import Laid
from mapprior.market.circumstances import Arrival
from mapprior.model.ids import LinkId, PathId
from mapprior.model.limit import EffectiveLimit
from mapprior.model.network import Network


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class PathLimits:
    """What holds along a path. `answers` are those of its links, `in_time` what was found for those that depend on
    time, `torn` the start offsets of those whose arrival straddles a switch, `due_us` the drive time at which to look
    again."""

    links: Links
    answers: tuple[LinkAnswers, ...]
    spans: tuple[LaidLimit, ...]
    torn: frozenset[int]
    due_us: int
    here_cm: int | None  # start offset of the link with a limit in time that the vehicle was on
    in_time: tuple[EffectiveLimit, ...]

    def __init__(
        self,
        links: Links = NO_LINKS,
        answers: tuple[LinkAnswers, ...] = (),
        spans: tuple[LaidLimit, ...] = (),
        torn: frozenset[int] = frozenset(),
        due_us: int = NEVER_US,
        here_cm: int | None = None,
        in_time: tuple[EffectiveLimit, ...] = (),
    ) -> None:
        self.links = links
        self.answers = answers
        self.spans = spans
        self.torn = torn
        self.due_us = due_us
        self.here_cm = here_cm
        self.in_time = in_time


NO_LIMITS: Final = PathLimits()


class LinkLimits(Protocol):
    """The answers of one drive."""

    def of(self, link_id: LinkId) -> LinkAnswers: ...


class LimitLayer:
    """Lays limits on paths. Knows no path from one call to the next."""

    __slots__ = ("_limits", "_network")

    def __init__(self, network: Network, limits: LinkLimits) -> None:
        self._network = network
        self._limits = limits

    def lay(
        self, before: PathLimits, laid: Laid, courses: "Courses", *, known: tuple[int, int], anew: bool
    ) -> PathLimits:
        """The limits of a path, in the objects of `before` where they say the same. `known`: from which link of
        `before` on how many stand at its start now; `anew` finds them anew all the same."""
        moved = before.links != laid.links
        answers = before.answers
        known_from, known_count = (0, 0) if anew else known
        if moved or anew:
            kept = before.answers[known_from : known_from + known_count]
            answers = (*kept, *(self._limits.of(x) for x in laid.links.ids[known_count:]))
        courses.enter(laid, answers)
        here_cm = courses.here_cm(laid, answers)
        entered = here_cm is not None and here_cm != before.here_cm
        if not (moved or anew or entered or courses.departure.time_us >= before.due_us):
            return before
        if courses.departure.clock_believed and any(x.timed for x in answers):
            return self._timed(before, laid, answers, courses, here_cm, changed=moved or anew)
        known_count = 0 if any(x.timed for x in before.answers) else known_count
        return PathLimits(laid.links, answers, self._untimed(before, laid, answers, known_count))

    def _untimed(
        self, before: PathLimits, laid: Laid, answers: Sequence[LinkAnswers], known_count: int
    ) -> tuple[LaidLimit, ...]:
        """Where nothing depends on time: the limits of the known links stand."""
        known = _cut(before.spans, laid.path.first_offset_cm, laid.links.start_cm(known_count)) if known_count else ()
        limits = [x.whenever for x in answers[known_count:]]
        return _as_named(before.spans, self._merged(list(known), laid.links, known_count, limits))

    def _timed(
        self,
        before: PathLimits,
        laid: Laid,
        answers: tuple[LinkAnswers, ...],
        courses: "Courses",
        here_cm: int | None,
        *,
        changed: bool,
    ) -> PathLimits:
        """Where some depend on time: these are found anew. `changed`: links or answers are others than before."""
        now_us = courses.departure.time_us
        course = courses.along(laid, answers)
        in_time: list[EffectiveLimit] = []
        torn: set[int] = set()
        due_us = NEVER_US
        for i, answer in enumerate(answers):
            if not answer.timed:
                continue
            arrival, start_cm = course.over(i), laid.links.start_cm(i)
            limit = answer.at(arrival)
            if start_cm in before.torn and not _straddles(limit, arrival):
                wide = with_hysteresis(arrival, now_us)
                still = answer.at(wide)
                limit, arrival = (still, wide) if _straddles(still, wide) else (limit, arrival)
            if _straddles(limit, arrival):
                torn.add(start_cm)
            changes_us = answer.changes_us(now_us)
            due_us = min(due_us, look_again_us(limit.next_change_us, arrival, now_us), changes_us)
            if changes_us <= arrival.earliest_us:  # a faster vehicle comes before that switch
                due_us = min(due_us, now_us + RELOOK_US)
            in_time.append(limit)
        found = tuple(in_time)
        spans = before.spans
        if changed or found != before.in_time:
            timed = iter(found)
            limits = [next(timed) if x.timed else x.whenever for x in answers]
            spans = _as_named(before.spans, self._merged([], laid.links, 0, limits))
        return PathLimits(laid.links, answers, spans, frozenset(torn), due_us, here_cm, found)

    def _merged(
        self, spans: list[LaidLimit], links: Links, first: int, limits: Sequence[EffectiveLimit]
    ) -> list[LaidLimit]:
        """`spans` and what comes after them, from the first of these links on: one span where neighbours say the same;
        it names its first source."""
        path_id = links.path_id
        last = spans.pop() if spans else None
        for i, limit in enumerate(limits, first):
            if last is not None and (limit is last.answer or limit == last.answer):
                last = LaidLimit(path_id, last.start_offset_cm, links.end_cm(i), last.answer, last.source)
                continue
            if last is not None:
                spans.append(last)
            road = self._network.link(links.link_id(i))
            last = LaidLimit(
                path_id, links.start_cm(i), links.end_cm(i), limit, road.stable_ref if road is not None else ""
            )
        if last is not None:
            spans.append(last)
        return spans


class Courses:
    """When the vehicle gets where, found once for all paths of one laying, and only if somebody asks."""

    __slots__ = ("_entered", "_found", "departure")

    def __init__(self, departure: Departure) -> None:
        self.departure = departure
        self._entered: dict[PathId, tuple[Laid, Sequence[LinkAnswers]]] = {}
        self._found: dict[PathId, Course] = {}

    def enter(self, laid: Laid, answers: Sequence[LinkAnswers]) -> None:
        """A path is being laid; each comes before what leaves it."""
        self._entered[laid.path.path_id] = laid, answers

    def here_cm(self, laid: Laid, answers: Sequence[LinkAnswers]) -> int | None:
        """The start of the link of a path that the vehicle is on; None where its limit does not depend on time."""
        if laid.path.parent_path_id != ROOT or not self.departure.clock_believed:
            return None
        at_cm = self.departure.at_cm
        i = bisect_right(laid.links.ends_cm, at_cm)
        if i == len(answers) or not answers[i].timed or at_cm < laid.links.start_offset_cm:
            return None
        return laid.links.start_cm(i)

    def along(self, laid: Laid, answers: Sequence[LinkAnswers]) -> Course:
        """Of a path, by those that it leaves."""
        path, links, departure = laid.path, laid.links, self.departure
        found = self._found.get(path.path_id)
        if found is None:
            begin, at_cm = departure.begin, departure.at_cm
            if path.parent_path_id != ROOT:
                begin, at_cm = self._passed(path.parent_path_id, path.offset_on_parent_cm), 0
            paces = (x.pace for x in answers)
            found = Course(links.ends_cm, links.start_offset_cm, paces, begin=begin, departure=departure, at_cm=at_cm)
            self._found[path.path_id] = found
        return found

    def _passed(self, path_id: PathId, offset_cm: int) -> Arrival:
        """When the vehicle is at the end of a link of a path."""
        course = self.along(*self._entered[path_id])
        i = bisect_left(course.ends_cm, offset_cm)
        is_end = i < len(course.ends_cm) and course.ends_cm[i] == offset_cm
        return course.at_end(i) if is_end else self.departure.begin


def _straddles(limit: EffectiveLimit, arrival: Arrival) -> bool:
    """A switch by time lies within the interval that the limit is the answer for."""
    return 0 < limit.next_change_us <= arrival.latest_us


def _cut(spans: Iterable[LaidLimit], first_cm: int, end_cm: int) -> Iterator[LaidLimit]:
    """Spans that reach into the stretch; the last ends with it, the first keeps its start."""
    for x in spans:
        if x.end_offset_cm > first_cm and x.start_offset_cm < end_cm:
            whole = x.end_offset_cm <= end_cm
            yield x if whole else LaidLimit(x.path_id, x.start_offset_cm, end_cm, x.answer, x.source)


def _as_named(before: tuple[LaidLimit, ...], spans: list[LaidLimit]) -> tuple[LaidLimit, ...]:
    """The first span goes on naming the source that it named while it says the same; `before` where all are equal."""
    first = spans[0]
    was = next((x for x in before if x.start_offset_cm <= first.start_offset_cm < x.end_offset_cm), None)
    if was is not None and was.answer == first.answer:
        spans[0] = LaidLimit(first.path_id, first.start_offset_cm, first.end_offset_cm, was.answer, was.source)
    now = tuple(spans)
    return before if before == now else now
