"""Heights of an elevation model along roads: a model says where the ground is, not where the road is.

Each road takes its heights every STATION_M along its chain, each the mean of SMOOTH_M to both sides; its slope is that
between the ends of the same stretch. On a bridge, in a tunnel and MARGIN_M before and behind them the road goes
straight from one end to the other, and is INFERRED; so is every road where the model's own sigma is assumed, since how
sure it is rests on that. Where the model has no height, or a chain ends in a tunnel, nothing is known. All sigmas but
the model's own are working figures; that of a slope goes down with the baseline it is taken over.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mapprior.build.chain_lines import ChainLines, run_on, steps_e7
from mapprior.build.chains import Directed
from mapprior.build.elevation_model import ElevationModel
from mapprior.geo.curvature import Ints, arc_length
from mapprior.geo.frame import FULL_TURN_E7
from mapprior.geo.smooth import Floats
from mapprior.model.profile import LinkElevation
from mapprior.model.provenance import Basis

Bools = npt.NDArray[np.bool_]

STATION_M: Final = 20.0
SMOOTH_M: Final = 50.0
_GROUND_M_MIN, _GROUND_M_MAX = -1000.0, 9000.0  # a height outside is none
MARGIN_M: Final = 20.0
_GUESSED_SLOPE: Final = 0.05  # how much a bridge or tunnel may leave the straight, per metre to its nearer end
_SLOPE_NOISE_SHARE: Final = 0.3  # of the model's sigma that heights 100 m apart do not share
_SLOPE_SIGMA_E4_MIN: Final = 50
_OFF_CM_MAX, _OFF_SLOPE_E4_MAX = 25, 100  # from points that are left out
_SIGMA_CM_MAX: Final = 100_000
_SIGMA_E4_MAX: Final = 10_000


def model_elevations(
    lines: ChainLines, structures: Sequence[bool], model: ElevationModel
) -> Iterator[tuple[Directed, LinkElevation]]:
    """Roads of some chains whose heights the model knows, in the direction of the chain.

    `structures`: whether a road, by number, is a bridge or a tunnel.
    """
    stations = _stations(lines)
    ground = model.heights_m(stations.lat_e7, stations.lon_e7)
    hidden = _near(stations, np.array([structures[directed >> 1] for directed in lines.roads]))
    known = (ground >= _GROUND_M_MIN) & (ground <= _GROUND_M_MAX)  # what is no number is neither
    height, reach = _bridged(stations, ground, known & ~hidden)
    known = (known | hidden) & ~np.isnan(height)
    height, slope, span = _smoothed(stations, height, known)
    sigma_cm = np.sqrt((model.sigma_m * 100.0) ** 2 + (_GUESSED_SLOPE * 100.0 * reach) ** 2)
    slope_noise = math.sqrt(2.0) * _SLOPE_NOISE_SHARE * model.sigma_m / np.maximum(span, STATION_M)
    slope_sigma = np.hypot(slope_noise, np.where(reach > 0.0, _GUESSED_SLOPE, 0.0)) * 1e4
    columns = (
        _whole(height * 100.0, -(10**6), 10**6),
        _whole(sigma_cm + 0.5, 1, _SIGMA_CM_MAX),
        _whole(slope * 1e4, -_SIGMA_E4_MAX, _SIGMA_E4_MAX),
        _whole(slope_sigma + 0.5, _SLOPE_SIGMA_E4_MIN, _SIGMA_E4_MAX),
    )
    for i, directed in enumerate(lines.roads):
        begin, end = stations.first[i], stations.first[i + 1]
        if known[begin:end].all():
            heights_cm, sigmas_cm, slopes, slope_sigmas = (x[begin:end].tolist() for x in columns)
            kept = _kept(heights_cm, slopes, sigmas_cm)
            count, length_cm = end - begin - 1, lines.length_cm[i]
            if len(kept) > length_cm:
                kept = [0, count]  # shorter than its points
            points_cm = tuple(round(k * length_cm / count) for k in kept)
            heights_kept, sigmas_kept, slopes_kept, slope_sigmas_kept = (
                tuple(x[k] for k in kept) for x in (heights_cm, sigmas_cm, slopes, slope_sigmas)
            )
            basis = Basis.INFERRED if structures[directed >> 1] or model.sigma_assumed else Basis.DERIVED
            yield (
                directed,
                LinkElevation(
                    basis, points_cm, heights_kept, sigmas_kept, slopes_kept, slope_sigmas_kept, model.height_reference
                ),
            )


@dataclass(frozen=True, slots=True)
class _Stations:
    """Places evenly along each road, both ends among them: `first[i]` to `first[i + 1]` are those of road i.

    `s_m` runs on over all chains; `chain` is the number of the chain.
    """

    first: list[int]
    road: Ints
    chain: Ints
    s_m: Floats
    lat_e7: Ints
    lon_e7: Ints


def _stations(lines: ChainLines) -> _Stations:
    first = np.array(lines.first)
    vertex_m = run_on(arc_length(*lines.metres(), first), first)
    begin, end = vertex_m[np.array(lines.begin)], vertex_m[np.array(lines.end)]
    counts = np.maximum(np.ceil((end - begin) / STATION_M), 1.0).astype(np.int64)
    road = np.arange(len(counts)).repeat(counts + 1)
    firsts = np.concatenate([[0], np.cumsum(counts + 1)])
    place = np.arange(len(road)) - firsts[road]
    s_m = begin[road] + (end - begin)[road] * place / counts[road]
    lat, lon = (np.cumsum(steps_e7(np.array(x))) + x[0] for x in (lines.lat_e7, lines.lon_e7))
    half = FULL_TURN_E7 // 2
    return _Stations(
        first=firsts.tolist(),
        road=road,
        chain=(np.searchsorted(first, np.array(lines.begin), side="right") - 1)[road],
        s_m=s_m,
        lat_e7=np.rint(np.interp(s_m, vertex_m, lat)).astype(np.int64),
        lon_e7=(np.rint(np.interp(s_m, vertex_m, lon)).astype(np.int64) + half) % FULL_TURN_E7 - half,
    )


def _near(stations: _Stations, structures: Bools) -> Bools:
    """Stations on a bridge, in a tunnel, or MARGIN_M from one."""
    on = structures[stations.road]
    if not on.any():
        return on
    s, chain = stations.s_m[on], stations.chain[on]
    after = np.clip(np.searchsorted(s, stations.s_m), 0, len(s) - 1)
    near = on.copy()
    for nearest in (after, np.maximum(after - 1, 0)):
        near |= (np.abs(s[nearest] - stations.s_m) <= MARGIN_M) & (chain[nearest] == stations.chain)
    return near


def _bridged(stations: _Stations, ground: Floats, seen: Bools) -> tuple[Floats, Floats]:
    """Heights, straight between the stations that were seen, and how far the nearest of these is.

    nan before the first and after the last of a chain.
    """
    at = np.flatnonzero(seen)
    if not len(at):
        return np.full(len(ground), np.nan), np.zeros(len(ground))
    s = stations.s_m
    after = np.clip(np.searchsorted(at, np.arange(len(s))), 0, len(at) - 1)
    before = np.where(at[after] == np.arange(len(s)), after, np.maximum(after - 1, 0))
    inside = (stations.chain[at[before]] == stations.chain) & (stations.chain[at[after]] == stations.chain)
    inside &= (at[before] <= np.arange(len(s))) & (at[after] >= np.arange(len(s)))
    height = np.where(inside, np.interp(s, s[at], ground[at]), np.nan)
    return height, np.where(inside, np.minimum(s - s[at[before]], s[at[after]] - s), 0.0)


def _smoothed(stations: _Stations, height: Floats, known: Bools) -> tuple[Floats, Floats, Floats]:
    """(mean height over SMOOTH_M to both sides, slope over that stretch, its length), where all of it is known.

    The mean is taken over equal lengths to both sides, so that it is not drawn along a slope near an end.
    """
    s = stations.s_m
    breaks = np.diff(stations.chain, prepend=-1) != 0
    breaks |= known != np.concatenate([[False], known[:-1]])
    run = np.cumsum(breaks) - 1
    starts = np.flatnonzero(breaks)
    low, high = s[starts][run], s[np.append(starts[1:], len(s)) - 1][run]
    z = np.where(known, height, 0.0)
    steps = np.diff(s, prepend=s[0])
    area = np.cumsum(steps * (z + np.concatenate([[z[0]], z[:-1]])) / 2.0)

    def integral(at: Floats) -> Floats:
        i = np.clip(np.searchsorted(s, at, side="right") - 1, 0, len(s) - 1)
        ahead = at - s[i]
        whole: Floats = area[i] + ahead * (z[i] + np.interp(at, s, z)) / 2.0
        return whole

    reach = np.minimum(np.minimum(s - low, high - s), SMOOTH_M)
    mean = np.where(reach > 0.0, (integral(s + reach) - integral(s - reach)) / np.maximum(2.0 * reach, 1e-9), z)
    begin, end = np.maximum(s - SMOOTH_M, low), np.minimum(s + SMOOTH_M, high)
    span = end - begin
    slope = (np.interp(end, s, z) - np.interp(begin, s, z)) / np.maximum(span, 1e-9)
    return mean, np.where(span > 0.0, slope, 0.0), span


def _whole(values: Floats, low: int, high: int) -> Ints:
    """Rounded twice, so that digits in which machines differ do not decide."""
    whole: Ints = np.clip(np.rint(np.rint(np.nan_to_num(values) * 1e3) / 1e3), low, high).astype(np.int64)
    return whole


def _kept(heights_cm: Sequence[int], slopes_e4: Sequence[int], sigmas_cm: Sequence[int]) -> list[int]:
    """Stations to keep: those left out lie within 25 cm and one per cent of slope of the straights between the kept,
    and so do their sigmas: in the middle of a tunnel the height is least sure."""
    last = len(heights_cm) - 1
    kept = [0]
    while kept[-1] < last:
        begin, end = kept[-1], kept[-1] + 1
        while end < last and all(
            _is_straight(values, begin, end + 1, off_max)
            for values, off_max in (
                (heights_cm, _OFF_CM_MAX),
                (slopes_e4, _OFF_SLOPE_E4_MAX),
                (sigmas_cm, _OFF_CM_MAX),
            )
        ):
            end += 1
        kept.append(end)
    return kept


def _is_straight(values: Sequence[int], begin: int, end: int, off_max: int) -> bool:
    rise, count = values[end] - values[begin], end - begin
    return all(
        abs((values[i] - values[begin]) * count - rise * (i - begin)) <= off_max * count for i in range(begin + 1, end)
    )
