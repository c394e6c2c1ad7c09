"""Few points instead of many: a curvature profile that says the same within its own sigma.

Works on whole numbers, so that every machine keeps the same points.
"""

from typing import Final

# That the headings of two kept points may differ from the turn their curvatures make: 4 mrad.
_TURN_MAX: Final = 4 * 200_000


def kept_points(
    s_cm: list[int], curvature_e6_per_m: list[int], sigma_e6_per_m: list[int], heading_mrad: list[int]
) -> list[int]:
    """Indices of the points to keep, the first and the last among them; `s_cm` ascends, headings run on.

    Between two kept points the curvature that goes straight from one to the other is nowhere off by more than 0.3
    sigma, says no sigma below two thirds of a left-out one, and turns by what the headings say, within 4 mrad.
    """
    last = len(s_cm) - 1
    kept = [0]
    end = 0
    while end < last:
        end = _next(end, s_cm, curvature_e6_per_m, sigma_e6_per_m, heading_mrad)
        kept.append(end)
    return kept


def _next(begin: int, s_cm: list[int], curvature: list[int], sigma: list[int], heading: list[int]) -> int:
    """The point to keep after `begin`.

    Each point that is passed bounds how steeply the straight may rise, and its sigma grow. Of each bound the tightest
    is held as a fraction, over the way to its point; over 0 while there is none.
    """
    s0, c0, g0, h0 = s_cm[begin], curvature[begin], sigma[begin], heading[begin]
    low, low_cm, high, high_cm, growth, growth_cm = -1, 0, 1, 0, -1, 0
    last = len(s_cm) - 1
    end = begin + 1
    while end < last:
        following = end + 1
        span, c1 = s_cm[following] - s0, curvature[following]
        # Turn in 1e-8: 1e-6 per metre times centimetres; half the sum of the curvatures, and mrad are 1e5 of it.
        off = (c1 + c0) * span - 200_000 * (heading[following] - h0)
        if off > _TURN_MAX or off < -_TURN_MAX:
            break
        passed_cm, passed, margin = s_cm[end] - s0, 10 * (curvature[end] - c0), 3 * sigma[end]
        if (passed - margin) * low_cm > low * passed_cm:
            low, low_cm = passed - margin, passed_cm
        if (passed + margin) * high_cm < high * passed_cm:
            high, high_cm = passed + margin, passed_cm
        rise = 10 * (c1 - c0)
        if rise * low_cm < low * span or rise * high_cm > high * span:
            break
        if (2 * sigma[end] - 3 * g0) * growth_cm > growth * passed_cm:
            growth, growth_cm = 2 * sigma[end] - 3 * g0, passed_cm
        if 3 * (sigma[following] - g0) * growth_cm < growth * span:
            break
        end = following
    return end
