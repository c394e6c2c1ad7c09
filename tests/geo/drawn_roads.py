"""Roads whose curvature is known: straights, arcs and clothoids, digitised with a spacing and a noise."""

import math
from dataclasses import dataclass

import numpy as np

_STEP_M = 0.05


@dataclass(frozen=True)
class DrawnRoad:
    """A road by small steps: arc length, place, heading and curvature."""

    s_m: np.ndarray
    x_m: np.ndarray
    y_m: np.ndarray
    heading_rad: np.ndarray
    curvature_per_m: np.ndarray

    def digitised(self, spacing_m, noise_m, generator):
        """(x, y, true arc length) of vertices about `spacing_m` apart, off by `noise_m` in both directions."""
        count = max(2, round(self.s_m[-1] / spacing_m))
        true_s = np.linspace(0.0, self.s_m[-1], count + 1)
        true_s[1:-1] += generator.uniform(-0.25, 0.25, count - 1) * spacing_m
        x, y = np.interp(true_s, self.s_m, self.x_m), np.interp(true_s, self.s_m, self.y_m)
        return x + generator.normal(0, noise_m, count + 1), y + generator.normal(0, noise_m, count + 1), true_s


def road(*pieces):
    """A road of (length, curvature at its start, curvature at its end) pieces."""
    s, curvature, begin = [], [], 0.0
    for length_m, first, last in pieces:
        share = np.arange(max(2, int(length_m / _STEP_M))) / max(2, int(length_m / _STEP_M))
        s.append(begin + share * length_m)
        curvature.append(first + (last - first) * share)
        begin += length_m
    s_m, k = np.append(np.concatenate(s), begin), np.append(np.concatenate(curvature), pieces[-1][2])
    step = np.diff(s_m)
    heading = np.append(0.0, np.cumsum(step * (k[1:] + k[:-1]) / 2.0))
    middle = (heading[1:] + heading[:-1]) / 2.0
    return DrawnRoad(
        s_m,
        np.append(0.0, np.cumsum(step * np.cos(middle))),
        np.append(0.0, np.cumsum(step * np.sin(middle))),
        heading,
        k,
    )


def drawn_roads():
    """By name: what the table is measured on."""
    made = {"straight": road((400, 0, 0))}
    for radius_m in (10, 15, 25, 50, 100, 200, 500, 1000, 2000):
        k = 1.0 / radius_m
        made[f"circle {radius_m} m"] = road((max(40.0, min(1.5 * math.pi * radius_m, 800.0)), k, k))
    for radius_m, clothoid_m in ((15, 10), (30, 20), (80, 40), (250, 80), (800, 150)):
        k = 1.0 / radius_m
        made[f"clothoids and arc {radius_m} m"] = road(
            (100, 0, 0), (clothoid_m, 0, k), (0.8 * radius_m, k, k), (clothoid_m, k, 0), (100, 0, 0)
        )
    for radius_m in (30, 120, 600):
        k, r = 1.0 / radius_m, radius_m
        made[f"S {radius_m} m"] = road(
            (60, 0, 0),
            (0.4 * r, 0, k),
            (0.6 * r, k, k),
            (0.8 * r, k, -k),
            (0.6 * r, -k, -k),
            (0.4 * r, -k, 0),
            (60, 0, 0),
        )
    k = 1.0 / 7.0
    made["street corner 7 m"] = road((60, 0, 0), (1, 0, k), (10, k, k), (1, k, 0), (60, 0, 0))
    return made


def assumed_noise_m(spacing_m):
    """What the fit takes for the noise of vertices this far apart."""
    return min(1.0, 0.1 + 0.01 * spacing_m)
