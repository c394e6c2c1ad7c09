"""The limit at the vehicle, of which the place is known only so well.

A limit on a path holds at its place, and is certain there however little it is known how far along the vehicle is:
that its position tells, and nothing of it is sent again as the vehicle comes to a sign. Who asks what holds at the
vehicle has to put the two together: within two sigma of a change the other limit may hold.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from mapprior.horizon.items import LimitSpan
from mapprior.market.effective import while_ambiguous
from mapprior.market.limit_values import Value, value
from mapprior.model.limit import EffectiveLimit, LimitAlternative
from mapprior.reader.ahead import limits_on

NEAR_CHANGE: Final = "if the vehicle is not on this side of the change"  # condition of a limit that begins or ends near
NEAR_SIGMAS: Final = 2.0


def limit_here(
    limits: Sequence[LimitSpan], offset_cm: int, sigma_cm: int, *, lane_index: int | None
) -> EffectiveLimit | None:
    """What holds at an offset of a path, not certain where another limit does up to two sigma before or after it, that
    one among the `unresolved`. None past the end of the path. A sigma of 0, not known, counts as none."""
    at = limits_on(limits, offset_cm, 1, lane_index=lane_index)
    if not at:
        return None
    here = at[0].limit
    near_cm = round(NEAR_SIGMAS * sigma_cm)
    near = limits_on(limits, offset_cm - near_cm, 2 * near_cm + 1, lane_index=lane_index)
    if len(near) < 2:
        return here
    may: dict[Value, LimitAlternative] = {value(x): x for x in here.unresolved}
    known_count = len(may)
    for x in near:
        other = x.limit
        plain = LimitAlternative(other.kind, other.posted_value_milli, other.posted_unit, NEAR_CHANGE, other.raw)
        for alternative in (plain, *other.unresolved):
            if value(alternative) != value(here):
                may.setdefault(value(alternative), alternative)
    if len(may) == known_count:
        return here
    return replace(while_ambiguous(here), unresolved=tuple(may.values()))


def is_near_change(limit: EffectiveLimit) -> bool:
    """Is it told beside another limit that may hold only for want of a better place?"""
    return any(x.condition == NEAR_CHANGE for x in limit.unresolved)
