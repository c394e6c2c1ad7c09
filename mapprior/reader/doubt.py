"""Why a limit is not certain, in words: as far as the stream tells it.

That the vehicle's road is not sure the position says (`road_in_doubt`). The stream does not carry what made a builder
doubt a value; there the confidence alone says it.
"""

from mapprior.market.limit_values import UNDECIDED_PERMILLE_MAX
from mapprior.model.limit import EffectiveLimit, LimitKind
from mapprior.model.pose import MatchState
from mapprior.model.provenance import Basis


def why_uncertain(limit: EffectiveLimit, state: MatchState) -> str:
    """Empty where it is certain. `state`: of the position that the limit was answered for."""
    if limit.certain:
        return ""
    if limit.kind is LimitKind.UNKNOWN:
        return "no limit is known"
    reasons = ["the vehicle's road is not sure"] if state is MatchState.AMBIGUOUS else []
    if limit.unresolved:
        reasons.append("which of its conditions hold is not known")
    elif limit.kind is LimitKind.VARIABLE:
        reasons.append("a variable sign decides")
    elif limit.basis is Basis.INFERRED:
        reasons.append("the kind of road is inferred")
    elif limit.confidence_permille < UNDECIDED_PERMILLE_MAX:
        reasons.append("so low a confidence says that it does not fit its surroundings")
    elif limit.basis is Basis.FEED:
        reasons.append("a sign that is seen wins")
    return "; ".join(reasons) or "the vehicle's road is not sure"
