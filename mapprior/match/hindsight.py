"""A recorded drive as the running match sees it, looked back on from its end.

The running match follows every way that fits; which of them was driven, later fixes tell. So the fixes of the drive
go through it once, every hypothesis keeps its story, and the story of the one that is likeliest at the end is what
was driven. Where a story begins (a start, a jump, a turn in the road) the one before ends: a drive is in pieces.

Offsets are then estimated from the other end as well, along the piece, and both estimates are joined by their
variances: after a bend the drift is known, and so is what it was before the bend. Where fixes are far apart, they are
estimated anew from the first end too, now that the way between them is known; by place (`strides.py`), where nothing
but the fixes tells how far the vehicle came.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

from mapprior.match.hypothesis import Hypothesis
from mapprior.match.running import RunningMatch
from mapprior.match.settings import MatchSettings
from mapprior.match.story import Story
from mapprior.match.strides import Stride, placed
from mapprior.match.travel import Travel
from mapprior.model.ids import LinkId
from mapprior.model.link import Link
from mapprior.model.network import Network
from mapprior.model.pose import MatchState, Pose

_LAG_FIXES_COUNT: Final = 10  # after so many more, what was driven is settled
_SHARE_MIN: Final = 0.005
_AGREE_SIGMAS: Final = 3.0
_NEAR_SIGMAS: Final = 1.5  # of a fix


@dataclass(frozen=True, slots=True)
class Fix:
    """A pose that was taken as evidence, with the hypotheses of then: (story, weight), likeliest first."""

    pose_index: int
    pose: Pose
    step: "Step"
    stories: tuple[tuple[Story, float], ...]
    is_off: bool  # the road


@dataclass(frozen=True, slots=True)
class Step:
    """How the vehicle came from the fix before; as in `Motion`."""

    dt_ms: float
    distance_m: float
    variance_m2: float
    is_known: bool
    sigma_m: float
    white_share: float  # of the variance


@dataclass(frozen=True, slots=True)
class Piece:
    """Links in driving order, and where on them some fixes in a row lie: offsets from the start of the first."""

    links: tuple[Link, ...]
    fixes: tuple[Fix, ...]
    offsets_m: tuple[float, ...]
    sigmas_m: tuple[float, ...]
    shares: tuple[float, ...]  # how sure it is that the vehicle was here
    others: tuple[tuple[tuple[Link, float, float], ...], ...]  # where else it may have been: (link, offset, share)


def look_back(network: Network, poses: Sequence[Pose], settings: MatchSettings) -> list[Piece | Fix]:
    """Pieces in order of time, and between them the fixes on no road."""
    fixes = _recorded(network, poses, settings)
    found: list[Piece | Fix] = []
    k = len(fixes) - 1
    while k >= 0:
        if fixes[k].is_off or not fixes[k].stories:
            found.append(fixes[k])
            k -= 1
            continue
        first = _first(fixes, k)
        found.append(_piece(network, fixes, first, k, settings))
        k = first - 1
    return found[::-1]


def _recorded(network: Network, poses: Sequence[Pose], settings: MatchSettings) -> list[Fix]:
    match = RunningMatch(network, settings)
    fixes: list[Fix] = []
    before_us: int | None = None
    dt_ms = distance_m = variance_m2 = 0.0  # since the last fix
    is_known = True
    for index, pose in enumerate(poses):
        is_last = index == len(poses) - 1
        if before_us is not None and pose.pose_time_us - before_us < settings.thin_ms * 1000 and not is_last:
            continue
        before_us = pose.pose_time_us
        state = match.step(pose).state
        motion = match.motion
        dt_ms += motion.dt_ms
        distance_m += motion.distance_m
        variance_m2 += motion.variance_m2
        is_known = is_known and motion.is_known
        if pose.lat_e7 is None:
            continue
        for h in match.hypotheses:
            if h.story is None:
                h.story = Story(None, (h.link_id,))
            h.story.track.append((len(fixes), h.s_m, h.variance_m2))
        sigma_m = max(settings.position_sigma_m_min, pose.position_sigma_m or settings.position_sigma_m)
        step = Step(dt_ms, distance_m, variance_m2, is_known, sigma_m, match.white_share)
        dt_ms = distance_m = variance_m2 = 0.0
        is_known = True
        stories = tuple((h.story, h.weight) for h in match.hypotheses if h.story is not None)
        fixes.append(Fix(index, pose, step, stories, state is MatchState.OFF_ROAD))
    return fixes


def _first(fixes: Sequence[Fix], last: int) -> int:
    """The first fix of the likeliest story at the last one, on the road since."""
    story: Story | None = fixes[last].stories[0][0]
    begun = last
    while story is not None:
        if story.track:
            begun = story.track[0][0]
        story = story.before
    first = last
    while first > begun and not fixes[first - 1].is_off:
        first -= 1
    return first


def _piece(network: Network, fixes: Sequence[Fix], first: int, last: int, settings: MatchSettings) -> Piece:
    chain: list[tuple[Story, int]] = []  # and the number of the first fix after it: who turned back leaves one behind
    story: Story | None = fixes[last].stories[0][0]
    end = last + 1
    while story is not None:
        chain.append((story, end))
        if story.track:
            end = story.track[0][0]
        story = story.before
    links: list[Link] = []
    start_m = 0.0  # of the last link
    here: list[tuple[float, float]] = []
    for story, end in reversed(chain):
        for link_id in story.way:
            link = network.link(link_id)
            assert link is not None  # its tile was at hand when it was driven
            if links:
                start_m += links[-1].line.length_m
            links.append(link)
        here += [(start_m + s_m, variance) for number, s_m, variance in story.track if first <= number < end]
    taken = fixes[first : last + 1]
    offsets, variances = _from_both_ends(network, links, taken, here, settings)
    skipped = 0
    length_m = links[0].line.length_m
    while offsets[0] > length_m and skipped + 1 < len(links):  # the story began before the piece does
        skipped += 1
        length_m += links[skipped].line.length_m
    base_m = sum(link.line.length_m for link in links[:skipped])
    ends_m = list(accumulate(link.line.length_m for link in links[skipped:]))
    sure_m = offsets[-1] - base_m - settings.enter_sigmas * math.sqrt(variances[-1])
    entered = 1 + sum(end_m < sure_m for end_m in ends_m[:-1])  # nothing later tells which way was taken
    kept = tuple(links[skipped : skipped + entered])
    doubts = [_doubt(network, fixes, k, min(last, k + _LAG_FIXES_COUNT), kept) for k in range(first, last + 1)]
    return Piece(
        kept,
        tuple(taken),
        tuple(min(max(0.0, x - base_m), ends_m[entered - 1]) for x in offsets),
        tuple(math.sqrt(v) for v in variances),
        tuple(share for share, _ in doubts),
        tuple(others for _, others in doubts),
    )


def _doubt(
    network: Network, fixes: Sequence[Fix], k: int, later: int, links: Sequence[Link]
) -> tuple[float, tuple[tuple[Link, float, float], ...]]:
    """How likely the vehicle was on these links at a fix, by what was known later, and where else it may have been."""
    stories = fixes[later].stories
    on_way = {link.link_id for link in links}
    share, total = 0.0, 0.0
    others: dict[LinkId, tuple[float, float]] = {}
    for story, weight in stories:
        total += weight
        then = story.at(k)
        if then is None:
            continue
        link_id = then[0].way[-1] if then[0].way else _last_link(then[0])
        if link_id in on_way:
            share += weight
        else:
            s_m, before = others.get(link_id, (then[1], 0.0))
            others[link_id] = (s_m, before + weight)
    found = [
        (link, s_m, weight)
        for link_id, (s_m, weight) in others.items()
        if weight >= _SHARE_MIN and (link := network.link(link_id)) is not None
    ]
    return min(1.0, share), tuple(sorted(found, key=lambda x: (-x[2], x[0].link_id)))


def _last_link(story: Story) -> LinkId:
    at: Story | None = story
    while at is not None and not at.way:
        at = at.before
    assert at is not None
    return at.way[-1]


def _from_both_ends(
    network: Network,
    links: Sequence[Link],
    fixes: Sequence[Fix],
    ahead: Sequence[tuple[float, float]],
    settings: MatchSettings,
) -> tuple[list[float], list[float]]:
    """Offsets and variances with what came after; they never fall."""
    offsets, variances = [x for x, _ in ahead], [v for _, v in ahead]
    if len(fixes) > 1 and all(f.step.dt_ms >= settings.leap_ms_min and not f.step.is_known for f in fixes[1:]):
        return _by_strides(network, links, fixes, offsets, settings)
    length_m = sum(link.line.length_m for link in links)
    if any(fix.step.dt_ms >= settings.leap_ms_min for fix in fixes):
        # A leap holds a fix against one link alone. Followed again, nodes may lie on either side of it.
        for k, _, (s_m, variance) in _along(network, links, fixes, range(len(fixes)), offsets[0], settings, side=1.0):
            fix_m2 = fixes[k].step.sigma_m ** 2 + settings.map_sigma_m**2
            if (s_m - offsets[k]) ** 2 <= _NEAR_SIGMAS**2 * fix_m2:
                offsets[k], variances[k] = s_m, variance
    turned = [replace(link, line=link.line.reversed()) for link in reversed(links)]
    start_m = length_m - ahead[-1][0]
    for k, before, _ in _along(network, turned, fixes, range(len(fixes) - 1, -1, -1), start_m, settings, side=-1.0):
        if before is None:
            continue
        back_m, variance = before
        farther_m = length_m - back_m - offsets[k]
        if farther_m * farther_m > _AGREE_SIGMAS**2 * (variances[k] + variance):
            continue  # one of them is lost: better the one that weighed all ways
        weight = variances[k] / (variances[k] + variance)
        offsets[k] += weight * farther_m
        variances[k] *= 1.0 - weight
    for k in range(1, len(offsets)):
        offsets[k] = max(offsets[k], offsets[k - 1])
    return offsets, variances


def _by_strides(
    network: Network, links: Sequence[Link], fixes: Sequence[Fix], about_m: Sequence[float], settings: MatchSettings
) -> tuple[list[float], list[float]]:
    """Offsets and variances where nothing but fixes tells how far the vehicle came between them."""
    travel = Travel(network, settings)
    strides: list[Stride] = []
    for fix, offset_m in zip(fixes, about_m, strict=True):
        lat, lon = fix.pose.lat_e7, fix.pose.lon_e7
        assert lat is not None and lon is not None
        sigma_m = math.hypot(fix.step.sigma_m, settings.map_sigma_m)
        strides.append(Stride(lat, lon, sigma_m, fix.step.dt_ms * 1e-3, offset_m))
    found = placed(links, [travel.aside_m(link) for link in links], strides)
    return list(accumulate((at_m for at_m, _ in found), max)), [variance for _, variance in found]


def _along(
    network: Network,
    links: Sequence[Link],
    fixes: Sequence[Fix],
    order: range,
    start_m: float,
    settings: MatchSettings,
    *,
    side: float,
) -> Iterator[tuple[int, tuple[float, float] | None, tuple[float, float]]]:
    """(fix, (offset, variance) before it is taken, and after it) along links, which may be turned round."""
    travel = Travel(network, settings)
    index, base_m = 0, 0.0
    while index + 1 < len(links) and start_m > base_m + links[index].line.length_m:
        base_m += links[index].line.length_m
        index += 1
    first = links[index]
    h = Hypothesis(first, s_m=start_m - base_m, heading_rad=0.0, weight=1.0, trail=(first.link_id,))
    h.turn(first.line.heading_at(h.s_m))
    sigma_m = fixes[order[0]].step.sigma_m
    h.seen_first(0.0, drift_m2=sigma_m * sigma_m, white_m2=sigma_m * sigma_m)
    for k in order:
        fix, before = fixes[k], None
        if k != order[0]:
            step = fixes[k if order.step > 0 else k + 1].step
            travel.white_share = step.white_share
            travel.advance([h], step, step.sigma_m, speed_mps=abs(step.distance_m) / max(step.dt_ms * 1e-3, 1e-3))
            while index + 1 < len(links) and h.s_m > h.length_m - 3.0 * math.sqrt(h.variance_m2):
                base_m += links[index].line.length_m
                index += 1
                h = h.child(links[index], weight=1.0)
            before = base_m + h.s_m, h.variance_m2
        h.aside_m = side * travel.aside_m(h.link)
        lat, lon = fix.pose.lat_e7, fix.pose.lon_e7
        assert lat is not None and lon is not None
        variance_m2 = fix.step.sigma_m**2 + settings.map_sigma_m**2
        left_m = h.project(lat, lon, 3.0 * math.sqrt(h.variance_m2 + variance_m2) + 5.0)
        white_m2 = fix.step.white_share * variance_m2
        h.see(h.measured_s_m - h.s_m, left_m - h.aside_m, white_m2, settings.surprise_max)
        h.speed_mps = max(0.0, h.speed_mps)
        yield k, before, (base_m + h.s_m, h.variance_m2)
