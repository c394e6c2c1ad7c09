"""Whether a road is a highway in the sense of UN R171 (2.30).

Pedestrians and cyclists are prohibited and, by design, the directions are physically separated. What the map calls
the road does not count: a motorway without a barrier is none, a trunk road with all three is one.

So a way that is tagged as a motorway is most often a highway by inference only: that pedestrians are prohibited there
is law, but that bicycles are (some states admit them) and that the directions are separated is concluded from the
class, since hardly a map says either. The answer stands on the weakest of the three, and its confidence is the working
figure for all that is inferred, limits too; for these two it is low: of 808 motorways that say whether bicycles may
use them 806 say no (12 extracts, most from the US); for separation there was nothing to measure it by.
"""

from typing import Final

from mapprior.model.profile import LinkCarriageway, Permission, Separation
from mapprior.model.provenance import Basis

# From the surest on; where several values make one, the one that is least sure is what it stands on.
_BY_TRUST: Final = (
    *(Basis.SIGNED, Basis.SURVEYED, Basis.FEED, Basis.TAGGED),
    *(Basis.LAW_DEFAULT, Basis.DERIVED, Basis.INFERRED, Basis.UNKNOWN),
)


def weakest(*bases: Basis) -> Basis:
    """What a value stands on that needs all of these."""
    return max(bases, key=_BY_TRUST.index, default=Basis.UNKNOWN)


def strongest(*bases: Basis) -> Basis:
    """What a value stands on that any of these is enough for."""
    return min(bases, key=_BY_TRUST.index, default=Basis.UNKNOWN)


def highway(carriageway: LinkCarriageway | None) -> tuple[bool | None, Basis]:
    """(is it one, what that stands on). True takes all three conditions, False one that does not hold; else None."""
    if carriageway is None:
        return None, Basis.UNKNOWN
    x = carriageway
    holds = (
        (_holds(x.pedestrians, yes=Permission.PROHIBITED, unknown=Permission.UNKNOWN), x.pedestrians_basis),
        (_holds(x.bicycles, yes=Permission.PROHIBITED, unknown=Permission.UNKNOWN), x.bicycles_basis),
        (_holds(x.separation, yes=Separation.PHYSICAL, unknown=Separation.UNKNOWN), x.separation_basis),
    )
    against = [basis for held, basis in holds if held is False]
    if against:
        return False, strongest(*against)
    if all(held for held, _ in holds):
        return True, weakest(*(basis for _, basis in holds))
    return None, Basis.UNKNOWN


def _holds(value: int, *, yes: int, unknown: int) -> bool | None:
    return None if value == unknown else value == yes
