"""An elevation model in a GeoTIFF file: heights of the ground at any number of places.

Heights between the centres of four pixels are bilinear; where one of the four has no height, neither has the place.
Read block by block, so that a model far larger than memory will do. The only module that knows rasterio.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mapprior.errors import ConfigError, SourceError
from mapprior.geo.units import E7
from mapprior.model.profile import HeightReference

SIGMA_ASSUMED_M: Final = 5.0  # where nothing else is said: a working figure for public 30 m models in open country
SIGMA_M_MAX: Final = 1000.0
_BLOCK_PIXELS: Final = 512
_METRE_UNITS: Final = frozenset({"", "m", "metre", "metres", "meter", "meters"})

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(slots=True)
class ElevationModel:
    """An open model. `height_reference` is as the file names it, UNKNOWN where it does not.

    `sigma_m` is one standard deviation of its heights; a file does not state it, so whoever builds does, or it is
    assumed.
    """

    path: Path
    sigma_m: float
    sigma_assumed: bool
    height_reference: HeightReference
    _dataset: Any

    def heights_m(self, lat_e7: Ints, lon_e7: Ints) -> Floats:
        """Height at each place; nan outside the model and where it has none. SourceError where it cannot be read."""
        from rasterio.warp import transform

        if not len(lat_e7):
            return np.zeros(0)
        x, y = transform("EPSG:4326", self._dataset.crs, lon_e7 / E7, lat_e7 / E7)
        inverse = ~self._dataset.transform
        # From corners to centres of pixels; rounded, since projections differ in their last digits.
        column = np.rint((inverse.a * np.array(x) + inverse.b * np.array(y) + inverse.c - 0.5) * 1e6) / 1e6
        row = np.rint((inverse.d * np.array(x) + inverse.e * np.array(y) + inverse.f - 0.5) * 1e6) / 1e6
        height, width = self._dataset.height, self._dataset.width
        inside = (column >= 0) & (row >= 0) & (column <= width - 1) & (row <= height - 1)
        made = np.full(len(column), np.nan)
        at = np.flatnonzero(inside)
        column0 = np.minimum(column[at].astype(np.int64), max(width - 2, 0))
        row0 = np.minimum(row[at].astype(np.int64), max(height - 2, 0))
        block = (row0 // _BLOCK_PIXELS) * (width // _BLOCK_PIXELS + 1) + column0 // _BLOCK_PIXELS
        order = np.argsort(block, kind="stable")
        for part in np.split(order, np.flatnonzero(np.diff(block[order])) + 1):
            if len(part):
                share = column[at[part]] - column0[part], row[at[part]] - row0[part]
                made[at[part]] = self._bilinear(column0[part], row0[part], *share)
        return made

    def _bilinear(self, column: Ints, row: Ints, right: Floats, down: Floats) -> Floats:
        """Heights in one block; `right`, `down`: share of the way to the next pixel."""
        left, top = int(column.min()), int(row.min())
        window = (top, int(row.max()) + 2), (left, int(column.max()) + 2)
        try:
            read = self._dataset.read(1, window=window, masked=True)
        except Exception as error:  # rasterio raises many kinds for a damaged file
            raise SourceError(f"{self.path}: the elevation model cannot be read{_reason(error)}") from error
        scale, offset = self._dataset.scales[0], self._dataset.offsets[0]
        pixels = np.ma.filled(read.astype(np.float64) * scale + offset, np.nan)
        i, j = row - top, column - left
        below, beside = np.minimum(i + 1, pixels.shape[0] - 1), np.minimum(j + 1, pixels.shape[1] - 1)
        upper = pixels[i, j] * (1.0 - right) + pixels[i, beside] * right
        lower = pixels[below, j] * (1.0 - right) + pixels[below, beside] * right
        heights: Floats = upper * (1.0 - down) + lower * down
        return heights


def open_elevation_model(path: Path, *, sigma_m: float | None = None) -> ElevationModel:
    """Opens a GeoTIFF of heights in metres; without `sigma_m` its accuracy is assumed.

    ConfigError where rasterio is missing, or the file names no coordinate system, has more than one band, or another
    unit; SourceError where it cannot be read.
    """
    if sigma_m is not None and not 0.0 < sigma_m < SIGMA_M_MAX:
        raise ConfigError(
            f"the sigma of the elevation model is {sigma_m} m: give more than 0 and less than {SIGMA_M_MAX:.0f}"
        )
    try:
        import rasterio
    except ImportError as error:
        raise ConfigError("reading an elevation model needs rasterio: pip install 'mapprior[elevation]'") from error
    try:
        dataset = rasterio.open(path)
    except Exception as error:
        raise SourceError(f"{path}: the elevation model cannot be read{_reason(error)}") from error
    if dataset.crs is None or not (dataset.crs.is_geographic or dataset.crs.is_projected):
        raise ConfigError(f"{path}: the elevation model names no geographic or projected coordinate system")
    if dataset.count != 1:
        raise ConfigError(f"{path}: an elevation model has one band, this file has {dataset.count}")
    unit = dataset.units[0] or ""
    if unit.strip().lower() not in _METRE_UNITS:
        raise ConfigError(f"{path}: heights are in {unit!r}; an elevation model in metres is needed")
    assumed = sigma_m is None
    return ElevationModel(
        path, SIGMA_ASSUMED_M if sigma_m is None else sigma_m, assumed, _height_reference(dataset), dataset
    )


def _reason(error: Exception) -> str:
    """The innermost cause that says something; rasterio's outer ones say `See previous exception for details.`"""
    while error.__cause__ is not None and isinstance(error.__cause__, Exception):
        error = error.__cause__
    said = str(error).replace("See previous exception for details.", "").strip()
    return f": {said}" if said else ""


def _height_reference(dataset: Any) -> HeightReference:
    """From the vertical part of the coordinate system, in its old and its new spelling."""
    text = dataset.crs.to_wkt().upper()
    for word in ("VERT_CS[", "VERTCRS[", "VERTICALCRS["):
        _, found, vertical = text.partition(word)
        if found:
            name = vertical.partition(",")[0]
            return HeightReference.ELLIPSOIDAL if "ELLIPSOID" in name else HeightReference.ORTHOMETRIC
    return HeightReference.ELLIPSOIDAL if "ELLIPSOIDAL HEIGHT" in text else HeightReference.UNKNOWN
