"""Slopes that tags state, each with how sure it is.

`incline` is a number with `%`, `‰` or `°`; per cent is the key's default, so a number alone is taken as per cent. Below
1 it may as well be a ratio (0.08 for 8 %) and is refused. So are `up` and `down`, which say a sign and no number: a
slope is served with its sigma or not at all.

The sigma of a tag is a working figure of three parts, each from what the key is for:
- half a per cent: most values are whole ones;
- a fifth of the slope: the key asks for the steepest place, as signs do, and is served for all of the way;
- of a number alone further 22 %: should one in ten mean degrees, which are 1.75 per cent each, this is the spread.
"""

import math
import re
from dataclasses import dataclass
from typing import Final

from mapprior.build.access import Refused

INCLINE_E4_MAX: Final = 5000  # 50 %; the steepest streets have 38 %
_ROUNDED_E4: Final = 50
_STEEPEST_SHARE, _NO_UNIT_SHARE = 0.2, 0.22
_INCLINE: Final = re.compile(r"([+-]?\d{1,5}(?:[.,]\d{1,15})?)\s*(%|‰|°)?", re.ASCII)
_NO_NUMBER: Final = frozenset({"up", "down", "yes", "steep"})
_NOTHING_SAID: Final = frozenset({"no", "unknown"})


@dataclass(frozen=True, slots=True)
class Incline:
    """Rise over run along the way, and one standard deviation of it."""

    slope_e4: int
    sigma_e4: int


def read_incline(text: str, refused: Refused) -> Incline | None:
    """None for what is refused, and for a word that says nothing of the slope."""
    if text in _NOTHING_SAID:
        return None
    if text in _NO_NUMBER:
        refused.append(("incline without a number: how steep is not known", f"incline={text}"))
        return None
    match = _INCLINE.fullmatch(text.strip())
    if match is None:
        refused.append(("incline not understood", f"incline={text}"))
        return None
    number, unit = float(match[1].replace(",", ".")), match[2]
    if unit is None and 0.0 < abs(number) < 1.0:
        refused.append(("incline below 1 without unit: a ratio or per cent? 8% says which", f"incline={text}"))
        return None
    e4 = round(math.copysign(_e4(abs(number), unit), number))
    if abs(e4) > INCLINE_E4_MAX:
        refused.append(("incline steeper than 50 %", f"incline={text}"))
        return None
    known_e4 = _ROUNDED_E4 + abs(e4) * _STEEPEST_SHARE
    return Incline(e4, round(math.hypot(known_e4, 0.0 if unit else abs(e4) * _NO_UNIT_SHARE)))


def _e4(number: float, unit: str | None) -> float:
    if unit == "°":
        return math.tan(math.radians(min(number, 89.0))) * 1e4
    return number * (10.0 if unit == "‰" else 100.0)
