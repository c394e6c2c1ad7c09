"""Places weighed one by one, every few metres, and how one follows another between two fixes far apart in time.

What the vehicle did in between nobody knows, but that it did not go back, and hardly changed its mean speed. A fix
shares some of its error with the one before.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SIGMAS: Final = 3.5  # of a fix: how far from where it is thought to be its place is sought
CELL_M_MIN: Final = 1.0
PACE_SIGMA_MPS: Final = 5.0
EVIDENCE_MIN: Final = -15.0  # of one measurement: an outlier moves nothing
_BACKWARDS: Final = -30.0


@dataclass(frozen=True, slots=True)
class Cells:
    """Places near a fix, and the error of the fix if the vehicle is there, in sigmas."""

    at_m: Floats
    east: Floats
    north: Floats

    def fit(self) -> Floats:
        """Log-weight of each by the fix alone."""
        weight: Floats = np.maximum(EVIDENCE_MIN, -0.5 * (self.east**2 + self.north**2))
        return weight


def onward(
    a: Cells,
    b: Cells,
    gone_m: Floats,
    sec: float,
    pace_mps: Floats | float,
    shared: float,
    pace_sigma_mps: float = PACE_SIGMA_MPS,
) -> Floats:
    """Log-weight of each cell of the later fix after each one of the earlier, the later fix taken.

    `gone_m`: from each to each. `pace_mps`: mean speed thought likely, by cell of the earlier fix where they differ,
    not a number where nothing is known of it. `shared`: of the error of the earlier fix, what the later one has too.
    """
    fresh = 1.0 - shared * shared
    east = b.east[None, :] - shared * a.east[:, None]
    north = b.north[None, :] - shared * a.north[:, None]
    fits = np.maximum(EVIDENCE_MIN, -0.5 * (east**2 + north**2) / fresh) - math.log(fresh)
    hurry = np.nan_to_num((gone_m / max(sec, 1e-3) - pace_mps) / pace_sigma_mps)
    weight: Floats = fits - 0.5 * hurry**2 + np.where(gone_m < -CELL_M_MIN, _BACKWARDS, 0.0)
    return weight
