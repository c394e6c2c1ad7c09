"""Which road types a ramp may be: with the law of the road that it belongs to, and without it.

A ramp (`..._link`) bears the class of the road that it leads from or to; from where on it lies within that road's
signs, a map does not tell. Where the class, or `motorroad`, decides the type, no tag of the ramp says which one it
is: both are INFERRED, the one of the main road under the condition MAIN_ROAD_LAW.

How sure (RAMP_PERMILLE): of 102 km of motorway ramps with a number, in the extracts of Switzerland, Germany, Portugal
and Norway, 23 % show that of the motorway in law, 62 % none above that of other roads outside built-up areas.
"""

from dataclasses import replace
from typing import Final

from mapprior.market.road_rules import MAIN_ROAD_LAW
from mapprior.model.limit import TaggedLimit
from mapprior.model.provenance import Basis

RAMP_PERMILLE: Final = 230
MAIN_ROAD_WORDS: Final = frozenset({"slip_road", "motorway", "trunk", "motorroad", "expressway"})
Statements = tuple[TaggedLimit, ...]


def of_ramp(with_main: Statements, apart: Statements, ramp: str) -> Statements:
    """The rule statements of a ramp, from those with the words of its main road and those without them.

    `ramp` is the tag that says that it is one.
    """
    named = {x.rule_ref for x in apart}
    if not apart or named == {x.rule_ref for x in with_main}:
        return with_main
    main = [replace(x, condition=_joined(x.condition)) for x in with_main if x.rule_ref not in named]
    return (*(_share(x, 1000 - RAMP_PERMILLE, ramp) for x in apart), *(_share(x, RAMP_PERMILLE, ramp) for x in main))


def _joined(condition: str) -> str:
    return f"{MAIN_ROAD_LAW}, {condition}" if condition else MAIN_ROAD_LAW


def _share(x: TaggedLimit, permille: int, ramp: str) -> TaggedLimit:
    chance = max((x.confidence_permille or 1000) * permille // 1000, 1)
    raw = x.raw if ramp in x.raw else f"{x.raw}; {ramp}"
    return replace(x, basis=Basis.INFERRED, raw=raw, confidence_permille=chance)
