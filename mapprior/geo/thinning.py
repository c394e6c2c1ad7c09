"""Few points instead of many: a curvature profile that says the same within its own sigma.

Works on whole numbers, so that every machine keeps the same points.
"""

from collections.abc import Sequence

_SIGMA_SHARE = 0.3  # of its sigma that the curvature may differ by where a point was left out
_TURN_MRAD_MAX = 4  # that the headings of two kept points may differ from the turn their curvatures make


def kept_points(
    s_cm: Sequence[int], curvature_e6_per_m: Sequence[int], sigma_e6_per_m: Sequence[int], heading_mrad: Sequence[int]
) -> list[int]:
    """Indices of the points to keep, the first and the last among them; `s_cm` ascends, headings run on.

    Between two kept points the curvature that goes straight from one to the other is nowhere off by more than 0.3
    sigma, says no sigma below two thirds of a left-out one, and turns by what the headings say, within 4 mrad.
    """
    last = len(s_cm) - 1
    kept = [0]
    while kept[-1] < last:
        begin = kept[-1]
        end = begin + 1
        while end < last and _stands_for(begin, end + 1, s_cm, curvature_e6_per_m, sigma_e6_per_m, heading_mrad):
            end += 1
        kept.append(end)
    return kept


def _stands_for(
    begin: int,
    end: int,
    s_cm: Sequence[int],
    curvature: Sequence[int],
    sigma: Sequence[int],
    heading: Sequence[int],
) -> bool:
    """Whether the straight from point `begin` to point `end` says what the points between them say."""
    s0, c0, g0 = s_cm[begin], curvature[begin], sigma[begin]
    span, rise, growth = s_cm[end] - s0, curvature[end] - c0, sigma[end] - g0
    # Turn in 1e-8: 1e-6 per metre times centimetres; half the sum of the curvatures, and mrad are 1e5 of it.
    off = (curvature[end] + c0) * span - 200_000 * (heading[end] - heading[begin])
    if abs(off) > 200_000 * _TURN_MRAD_MAX:
        return False
    for i in range(begin + 1, end):
        part = s_cm[i] - s0
        if abs((curvature[i] - c0) * span - rise * part) > _SIGMA_SHARE * sigma[i] * span:
            return False
        if 3 * (g0 * span + growth * part) < 2 * sigma[i] * span:
            return False
    return True
