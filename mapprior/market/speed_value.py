"""One value of the speed family as text: `100`, `60 mph`, `none`, `walk`, `DE:urban`.

The one reader of such values, for tags and for the law of the market packs. Conditions are cut off before
(`clauses.py`).
"""

import re
from functools import lru_cache
from typing import Final

from mapprior.model.limit import LimitKind, SpeedUnit, TaggedLimit
from mapprior.model.provenance import Basis

VALUE_MILLI_MAX: Final = 500_000

_NUMBER = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)\s*(km/h|kmh|kph|kmph|mph|knots)?", re.IGNORECASE | re.ASCII)
_UNITS = {"mph": SpeedUnit.MPH, "knots": SpeedUnit.KNOTS}
_RULE = re.compile(r"([A-Za-z]{2}(?:-[A-Za-z]{2,3})?):([A-Za-z0-9_:.-]+)")
_KINDS = {
    "none": LimitKind.UNLIMITED,
    "walk": LimitKind.WALK,
    "signals": LimitKind.VARIABLE,
    "variable": LimitKind.VARIABLE,
}


@lru_cache(maxsize=4096)
def parse_value(text: str) -> TaggedLimit | None:
    """One value of the family, with `raw` as given; None where it is not understood.

    A number without unit is km/h in every country, as OpenStreetMap defines it.
    """
    text = text.strip()
    number = _NUMBER.fullmatch(text)
    if number is not None:
        milli = round(float(number[1]) * 1000)
        unit = _UNITS.get((number[2] or "").lower(), SpeedUnit.KMH)
        if not 0 < milli <= VALUE_MILLI_MAX:
            return None
        return TaggedLimit(LimitKind.LIMITED, milli, unit, Basis.TAGGED, text)
    if text in _KINDS:
        return TaggedLimit(_KINDS[text], 0, SpeedUnit.NONE, Basis.TAGGED, text)
    rule = rule_ref(text)
    if rule is not None:
        return TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, text, rule_ref=rule)
    return None


def rule_ref(text: str) -> str | None:
    """`DE:urban` and the like, country in capitals; None for anything else."""
    rule = _RULE.fullmatch(text.strip())
    return None if rule is None else f"{rule[1].upper()}:{rule[2]}"
