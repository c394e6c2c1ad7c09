"""Lengths as OpenStreetMap writes them: metres without a unit, or with one."""

import re
from functools import lru_cache

from mapprior.geo.units import METRES_PER_FOOT, METRES_PER_INCH, cm

_METRES = re.compile(r"(\d{1,4}(?:\.\d{1,4})?)\s*(m|km|ft)?", re.ASCII)
_FEET_INCHES = re.compile(r"(\d{1,3})'\s*(?:(\d{1,2}(?:\.\d{1,2})?)\")?", re.ASCII)
_FACTORS = {None: 1.0, "m": 1.0, "km": 1000.0, "ft": METRES_PER_FOOT}


@lru_cache(maxsize=1024)
def parse_length_cm(text: str) -> int | None:
    """`3.5`, `3.5 m`, `11 ft`, `12'6"` in centimetres; None for anything else, a decimal comma included."""
    metres = _METRES.fullmatch(text.strip())
    if metres is not None:
        return cm(float(metres[1]) * _FACTORS[metres[2]])
    feet = _FEET_INCHES.fullmatch(text.strip())
    if feet is not None:
        return cm(int(feet[1]) * METRES_PER_FOOT + float(feet[2] or 0) * METRES_PER_INCH)
    return None
