"""Why a limit is not certain, in words: as far as the stream tells it.

That the vehicle's road is not sure the position says (`road_in_doubt`). The stream does not carry what made a builder
doubt a value, nor which source of a law is weak; there basis and confidence say that it is so, and not why.
"""

from mapprior.market.limit_values import UNDECIDED_PERMILLE_MAX
from mapprior.market.road_rules import MAIN_ROAD_LAW, UNTOLD_SIGN
from mapprior.model.limit import EffectiveLimit, LimitKind
from mapprior.model.provenance import Basis
from mapprior.reader.limit_here import NEAR_CHANGE


def why_uncertain(limit: EffectiveLimit, *, road_in_doubt: bool) -> str:
    """Empty where it is certain. `road_in_doubt`: of the position that the limit was answered for.

    Such doubt, and a change near (`limit_here`), take confidence down to just `UNDECIDED_PERMILLE_MAX`; there the map's
    own says no more.
    """
    if limit.certain:
        return ""
    if limit.kind is LimitKind.UNKNOWN:
        return "no limit is known"
    reasons = ["the vehicle's road is not sure"] if road_in_doubt else []
    own = [x for x in limit.unresolved if x.condition != NEAR_CHANGE]
    if len(own) < len(limit.unresolved):
        reasons.append("another limit begins or ends nearer than the place is known")
    doubted_permille_max = UNDECIDED_PERMILLE_MAX - 1 if reasons else UNDECIDED_PERMILLE_MAX
    if any(MAIN_ROAD_LAW in x.condition for x in own):
        reasons.append("where on the ramp the law of the main road holds is not known")
    elif own and all(x.condition == UNTOLD_SIGN for x in own):
        reasons.append("no tag says whether a sign stands there")
    elif own:
        reasons.append("which of its conditions hold is not known")
    elif limit.kind is LimitKind.VARIABLE:
        reasons.append("a variable sign decides")
    elif limit.basis is Basis.INFERRED:
        reasons.append("the kind of road is inferred")
    elif limit.basis is Basis.FEED:
        reasons.append("a sign that is seen wins")
    elif limit.basis is Basis.LAW_DEFAULT and limit.confidence_permille <= doubted_permille_max:
        reasons.append("the law is not well sourced")
    elif limit.confidence_permille <= doubted_permille_max:
        reasons.append("the map's builder doubts it")
    return "; ".join(reasons) or "the stream does not tell why"
