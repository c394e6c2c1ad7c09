"""Places on links about a fix, as the unknown that a vehicle far from its last fix is at."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mapprior.geo.frame import FULL_TURN_E7, HALF_TURN_E7, metres_per_e7
from mapprior.match.cells import CELL_M_MIN, SIGMAS, Cells, Floats
from mapprior.model.link import Link

_CELLS_PER_SIGMA: Final = 4.0


@dataclass(frozen=True, slots=True)
class Sight:
    """A fix; `sigma_m` is of it and the map together."""

    lat_e7: float
    lon_e7: float
    sigma_m: float


@dataclass(frozen=True, slots=True)
class Places:
    """Places, the error of a fix if the vehicle is there, a log-weight for each, and the number of its link."""

    cells: Cells
    lat_e7: Floats
    lon_e7: Floats
    log_weight: Floats
    owner: npt.NDArray[np.int64]

    def only(self, those: npt.NDArray[np.bool_]) -> "Places":
        cells = Cells(self.cells.at_m[those], self.cells.east[those], self.cells.north[those])
        return Places(cells, self.lat_e7[those], self.lon_e7[those], self.log_weight[those], self.owner[those])

    def weighed(self, log_weight: Floats | float) -> "Places":
        """Each by so much likelier."""
        return Places(self.cells, self.lat_e7, self.lon_e7, self.log_weight + log_weight, self.owner)

    def xy_m(self, around: Sight) -> tuple[Floats, Floats]:
        """East and north of a fix."""
        east_m, north_m = metres_per_e7(round(around.lat_e7))
        dlon = (self.lon_e7 - around.lon_e7 + HALF_TURN_E7) % FULL_TURN_E7 - HALF_TURN_E7
        return dlon * east_m, (self.lat_e7 - around.lat_e7) * north_m


def together(parts: Sequence[Places]) -> Places:
    """Places of several links, numbered in this order."""
    return Places(
        Cells(
            np.concatenate([x.cells.at_m for x in parts]),
            np.concatenate([x.cells.east for x in parts]),
            np.concatenate([x.cells.north for x in parts]),
        ),
        np.concatenate([x.lat_e7 for x in parts]),
        np.concatenate([x.lon_e7 for x in parts]),
        np.concatenate([x.log_weight for x in parts]),
        np.repeat(np.arange(len(parts)), [len(x.owner) for x in parts]),
    )


def places_near(sight: Sight, link: Link, about_m: float, aside_m: float) -> tuple[Places, Floats]:
    """Places every few metres about the one nearest to the fix, weighed by how much of the road each is; the headings.

    `aside_m`: how far left of the line vehicles drive.
    """
    line, frame, sigma_m = link.line, link.line.frame, sight.sigma_m
    low_m, high_m = max(0.0, about_m - SIGMAS * sigma_m), min(line.length_m, about_m + SIGMAS * sigma_m)
    count = max(1, math.ceil((high_m - low_m) / max(CELL_M_MIN, sigma_m / _CELLS_PER_SIGMA)))
    step_m = max(1e-3, (high_m - low_m) / count)
    at_m = low_m + step_m * np.arange(0.5, count, dtype=np.float64)
    arc_m = np.array(line.s_m)
    heading_rad = np.array(line.heading_rad)[np.searchsorted(arc_m[1:-1], at_m, side="right")]
    x_m = np.interp(at_m, arc_m, line.x_m) - aside_m * np.sin(heading_rad)
    y_m = np.interp(at_m, arc_m, line.y_m) + aside_m * np.cos(heading_rad)
    fix_x_m, fix_y_m = frame.xy_m(lat_e7=sight.lat_e7, lon_e7=sight.lon_e7)
    places = Places(
        Cells(at_m, (fix_x_m - x_m) / sigma_m, (fix_y_m - y_m) / sigma_m),
        frame.lat0_e7 + y_m / frame.north_m_per_e7,
        frame.lon0_e7 + x_m / frame.east_m_per_e7,
        np.full(count, math.log(step_m / sigma_m)),
        np.zeros(count, dtype=np.int64),
    )
    return places, heading_rad
