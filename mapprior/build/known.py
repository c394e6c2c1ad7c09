"""On how many kilometres is the limit of a car known, by basis and road type: by tags alone, and with the law?

Known means that there is one number, or the word that there is none, to start from; conditions may still change it.
Where it is unsure which type a road is, the likelier one counts, under a basis of its own; where the law differs by
region and the build was not told which holds, it is undecided. The law is that of the day the pack was last checked.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mapprior.build.limits import WayLimits, is_plain
from mapprior.build.settlement import SURE_PERMILLE
from mapprior.market.law import MarketLaw
from mapprior.market.road_rules import is_rule
from mapprior.model.limit import LimitKind, LimitRole, TaggedLimit

NO_TYPE = "no type known"
UNKNOWN = "unknown"
UNSURE = "inferred, unsure"
UNDECIDED = "law undecided"
_NOT_TOLD = "in "  # how the law's conditions on the region begin


@dataclass(slots=True)
class KnownLimits:
    """Kilometres of road by road type, and in it by basis, `unknown` included."""

    tagged_km: dict[str, dict[str, float]] = field(default_factory=dict)  # by tags alone
    with_law_km: dict[str, dict[str, float]] = field(default_factory=dict)

    def share(self, by_type: Mapping[str, Mapping[str, float]]) -> float:
        """Share of the kilometres on which a limit is known; 0 without any."""
        total_km = sum(km for of_type in by_type.values() for km in of_type.values())
        unknown_km = sum(of_type.get(basis, 0.0) for of_type in by_type.values() for basis in (UNKNOWN, UNDECIDED))
        return (total_km - unknown_km) / total_km if total_km else 0.0

    def as_json(self) -> dict[str, object]:
        return {
            "share_tagged": round(self.share(self.tagged_km), 4),
            "share_with_law": round(self.share(self.with_law_km), 4),
            "tagged_km": _rounded(self.tagged_km),
            "with_law_km": _rounded(self.with_law_km),
        }


def known_limits(limits: Iterable[WayLimits], half_cm: Mapping[int, int], law: MarketLaw, region: str) -> KnownLimits:
    """`half_cm`: length of all links, in half centimetres, by identity of their statements."""
    by_identity = {id(side): side for of_road in limits for side in (of_road.forward, of_road.backward)}
    found: tuple[dict[str, dict[str, float]], ...] = tuple(defaultdict(lambda: defaultdict(float)) for _ in range(2))
    for identity, length in half_cm.items():
        stated = by_identity[identity]
        road_type = next((x.rule_ref for x in _rules(stated)), NO_TYPE)
        bases = _basis_by_tags(stated), _basis_with_law(stated, law, region)
        for by_type, basis in zip(found, bases, strict=True):
            by_type[road_type][basis] += length
    tagged, with_law = ({t: {b: x / 200_000 for b, x in y.items()} for t, y in by_type.items()} for by_type in found)
    return KnownLimits(tagged, with_law)


def _rules(stated: Iterable[TaggedLimit]) -> Iterator[TaggedLimit]:
    """Those that say without condition of which road type of the law the link is."""
    return (x for x in stated if is_rule(x) and is_plain(x))


def _basis_by_tags(stated: Iterable[TaggedLimit]) -> str:
    known = [x for x in stated if is_plain(x) and x.kind is not LimitKind.UNKNOWN]
    return known[0].basis.name.lower() if known else UNKNOWN


def _basis_with_law(stated: tuple[TaggedLimit, ...], law: MarketLaw, region: str) -> str:
    basis = _basis_by_tags(stated)
    if basis != UNKNOWN:
        return basis
    unsure = any(x.rule_ref and x.condition and x.confidence_permille > 1000 - SURE_PERMILLE for x in stated)
    for rule in _rules(stated):
        entries = law.statements(rule.rule_ref, date=law.dated, region=region) or ()
        general = [x for x in entries if x.role is LimitRole.MAXIMUM and x.vehicle in ("", "motorcar")]
        if any(x.condition.startswith(_NOT_TOLD) for x in general):
            return UNDECIDED
        if any(not x.condition for x in general):
            return UNSURE if unsure else rule.basis.name.lower()
    return UNKNOWN


def _rounded(by_type: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    return {t: {b: round(km, 3) for b, km in sorted(of_type.items())} for t, of_type in sorted(by_type.items())}
