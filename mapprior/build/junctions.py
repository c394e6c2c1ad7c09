"""Junctions at the ends of links, each with how it is ruled for who arrives. The rules, in order:

- Who arrives at a roundabout, or at a mini-roundabout, meets ROUNDABOUT or MINI_ROUNDABOUT, lights or not; the lights
  are features of their own. Who drives on a roundabout meets its rule at each node where roads leave or join.
- A light, a stop or a give-way sign on the last 50 m before makes it SIGNALLED, STOP or GIVE_WAY, in this order, where
  it is as likely as not for this direction, or likelier; how likely says the sign, a feature of its own. A light that
  stands at a crossing alone does not: it lets people over the road.
- Where one-way roads only part or only join at a shallow angle, one of them a slip road or a motorway, nobody crosses:
  GRADE_SEPARATED.
- All else is UNKNOWN: who has right of way is not said by a map that shows no sign. No law is read here.

The confidence is the chance that there is a junction, whatever rules it: a sign in doubt makes no junction doubtful.
One of public roads is there for sure (950 permille). Where it takes a service road to make one it is 400 for who
comes on a public road: it may be the way into a yard. A driveway, a parking aisle or a track makes no junction for
others, but has one at its own end. `topology.py` holds the rule of what is a junction at all.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from mapprior.build.line_length import length_m
from mapprior.build.restrictions import Directed
from mapprior.build.sign_places import Placed, PlacedSigns
from mapprior.build.signs import NODE_SIGMA_CM
from mapprior.build.topology import Standing, Topology, line_e7
from mapprior.geo.frame import LocalFrame
from mapprior.geo.units import cm
from mapprior.model.link import FormOfWay
from mapprior.model.profile import FeatureKind, JunctionKind, LinkFeature
from mapprior.model.provenance import Basis

Tags = Mapping[str, str]

SURE_PERMILLE: Final = 950
_SERVICE_PERMILLE: Final = 400
_SIGN_PERMILLE_MIN: Final = 500  # of a sign that says how its junction is ruled
_SIGN_BEFORE_CM_MAX: Final = 5_000
SHALLOW_MRAD_MAX: Final = 1047  # 60 degrees
_RULES: Final = {
    FeatureKind.TRAFFIC_LIGHT: JunctionKind.SIGNALLED,
    FeatureKind.STOP: JunctionKind.STOP,
    FeatureKind.GIVE_WAY: JunctionKind.GIVE_WAY,
}
# A ring that is not closed, or far from round, has no diameter.
_ROUND_RATIO_MIN, _ROUND_RATIO_MAX = 0.7, 1.4
_DIAMETER_CM_MAX: Final = 30_000
_DIAMETER_SIGMA_CM: Final = 200  # of a ring drawn by hand: a working figure
_NOTHING_POSTED: Final[Tags] = {}  # what stands on the node of an exit is the exit's (`ramps.py`)


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: JunctionKind
    basis: Basis
    raw: str = ""


_ROUNDABOUT: Final = _Rule(JunctionKind.ROUNDABOUT, Basis.TAGGED, "junction=roundabout")
_MINI_ROUNDABOUT: Final = _Rule(JunctionKind.MINI_ROUNDABOUT, Basis.TAGGED, "highway=mini_roundabout")
_GRADE_SEPARATED: Final = _Rule(JunctionKind.GRADE_SEPARATED, Basis.DERIVED)
_NOT_RULED: Final = _Rule(JunctionKind.UNKNOWN, Basis.DERIVED)


def junction_features(topology: Topology, signs: PlacedSigns, node_tags: Callable[[int], Tags]) -> Placed:
    """The JUNCTION of each directed road that ends at one. `node_tags` answers by node."""
    signed = _signed_rules(topology, signs)
    diameters_cm = roundabout_diameters_cm(topology)
    ring_at: dict[int, int] = {}  # by junction, a road of the ring
    for number in diameters_cm:
        ring_at[topology.parts[number].start] = ring_at[topology.parts[number].end] = number
    found: Placed = {}
    for directed in topology.driven():
        junction = topology.end(directed)
        ring = ring_at.get(junction)
        enters = ring is not None and not _on_ring(topology, directed)
        if not enters and not topology.ends_at_junction(directed):
            continue
        tags = node_tags(topology.graph.junctions[junction][2])
        posted = tags if "motorway_junction" not in tags.get("highway", "") else _NOTHING_POSTED
        rule = _rule(topology, signed.get(directed), directed, ring=ring is not None, tags=tags)
        diameter_cm = 0 if ring is None or rule.kind is not JunctionKind.ROUNDABOUT else diameters_cm[ring]
        length_cm = topology.length_cm(directed)
        feature = LinkFeature(
            kind=FeatureKind.JUNCTION,
            start_cm=length_cm,
            end_cm=length_cm,
            basis=rule.basis,
            confidence_permille=_presence_permille(topology, directed, rule),
            place_sigma_cm=NODE_SIGMA_CM,
            junction=rule.kind,
            extent_cm=diameter_cm,
            extent_basis=Basis.DERIVED if diameter_cm else Basis.UNKNOWN,
            extent_sigma_cm=_DIAMETER_SIGMA_CM if diameter_cm else 0,
            number=posted.get("ref", ""),
            name=posted.get("name", ""),
            raw=rule.raw,
        )
        found[directed] = [feature]
    return found


def _rule(topology: Topology, signed: _Rule | None, directed: Directed, *, ring: bool, tags: Tags) -> _Rule:
    if ring and not _on_ring(topology, directed):
        return _ROUNDABOUT
    if "mini_roundabout" in tags.get("highway", "").split(";"):
        return _MINI_ROUNDABOUT
    if signed is not None:
        return signed
    if ring:
        return _ROUNDABOUT
    if topology.standing[directed >> 1] < Standing.ASIDE and parts_or_joins(topology, topology.end(directed)):
        return _GRADE_SEPARATED
    return _NOT_RULED


def _presence_permille(topology: Topology, directed: Directed, rule: _Rule) -> int:
    junction = topology.end(directed)
    if rule.kind is not JunctionKind.UNKNOWN or topology.meets_roads(junction):
        return SURE_PERMILLE
    # Who comes from a yard meets the road for sure; who drives past the yard may see no junction at all.
    return _SERVICE_PERMILLE if topology.standing[directed >> 1] is Standing.ROAD else SURE_PERMILLE


def _signed_rules(topology: Topology, signs: PlacedSigns) -> dict[Directed, _Rule]:
    """By the road that arrives, what signs before its end say: the strongest, of several of a kind the surest."""
    strength = list(_RULES)
    found: dict[Directed, tuple[int, int, str, LinkFeature]] = {}
    for first, features in signs.by_road.items():
        for sign in features:
            if sign.kind not in _RULES or sign.confidence_permille < _SIGN_PERMILLE_MIN:
                continue
            if sign.kind is FeatureKind.TRAFFIC_LIGHT and (first, sign.start_cm) in signs.lone_lights:
                continue
            directed, gap_cm = first, topology.length_cm(first) - sign.start_cm
            while gap_cm <= _SIGN_BEFORE_CM_MAX:
                rank = strength.index(sign.kind), -sign.confidence_permille, sign.raw, sign
                if directed not in found or rank[:3] < found[directed][:3]:
                    found[directed] = rank
                onward = topology.onward(directed)
                if onward is None:
                    break
                directed = onward
                gap_cm += topology.length_cm(directed)
    return {directed: _Rule(_RULES[sign.kind], sign.basis, sign.raw) for directed, (*_, sign) in found.items()}


def _on_ring(topology: Topology, directed: Directed) -> bool:
    return topology.road(directed).form_of_way is FormOfWay.ROUNDABOUT


def parts_or_joins(topology: Topology, junction: int) -> bool:
    """One-way roads that only part, or only join, at a shallow angle; one of them a slip road or a motorway."""
    if junction not in topology.ramp_junctions:
        return False
    arriving = [d for d in topology.arriving[junction] if topology.standing[d >> 1] < Standing.ASIDE]
    leaving = [d for d in topology.leaving[junction] if topology.standing[d >> 1] < Standing.ASIDE]
    if min(len(arriving), len(leaving)) != 1 or len(arriving) + len(leaving) < 3:
        return False
    both = arriving + leaving
    if not all(topology.is_oneway(d) for d in both):
        return False
    if any(_on_ring(topology, d) for d in both):
        return False
    return all(abs(topology.bend_mrad(a, b)) <= SHALLOW_MRAD_MAX for a in arriving for b in leaving)


def roundabout_diameters_cm(topology: Topology) -> dict[int, int]:
    """Diameter of the ring that a road belongs to, by number of the road; of the line that the map draws.

    A circle is fitted to the points of the ring by least squares (Kasa 1976). A ring whose length is not that of the
    circle is open, cut or oval, and has 0: not known.
    """
    rings: dict[int, list[int]] = defaultdict(list)
    root: dict[int, int] = {}
    numbers = [n for n, road in enumerate(topology.roads) if road.form_of_way is FormOfWay.ROUNDABOUT]
    for number in numbers:
        a, b = _root(root, topology.parts[number].start), _root(root, topology.parts[number].end)
        root[max(a, b)] = min(a, b)
    for number in numbers:
        rings[_root(root, topology.parts[number].start)].append(number)
    return {number: x for members in rings.values() for x in (_diameter_cm(topology, members),) for number in members}


def _root(root: dict[int, int], junction: int) -> int:
    while (parent := root.setdefault(junction, junction)) != junction:
        junction = parent
    return junction


def _diameter_cm(topology: Topology, members: list[int]) -> int:
    lines = [line_e7(topology.parts[number], 0) for number in members]
    points = sorted({(lat, lon) for lats, lons in lines for lat, lon in zip(lats, lons, strict=True)})
    frame = LocalFrame(lat0_e7=points[0][0], lon0_e7=points[0][1])
    perimeter_m = math.fsum(length_m(lat, lon) for lat, lon in lines)
    diameter_m = _circle_diameter_m([frame.xy_m(lat_e7=lat, lon_e7=lon) for lat, lon in points])
    if diameter_m <= 0.0 or not _ROUND_RATIO_MIN <= perimeter_m / (math.pi * diameter_m) <= _ROUND_RATIO_MAX:
        return 0
    diameter_cm = cm(diameter_m)
    return diameter_cm if diameter_cm <= _DIAMETER_CM_MAX else 0


def _circle_diameter_m(points: list[tuple[float, float]]) -> float:
    """Least squares for x^2 + y^2 = a x + b y + c about the mean of the points; 0 where they lie on a line."""
    count = len(points)
    if count < 3:
        return 0.0
    mean_x, mean_y = math.fsum(x for x, _ in points) / count, math.fsum(y for _, y in points) / count
    about = [(x - mean_x, y - mean_y) for x, y in points]
    xx, yy = math.fsum(x * x for x, _ in about), math.fsum(y * y for _, y in about)
    xy = math.fsum(x * y for x, y in about)
    xz = math.fsum(x * (x * x + y * y) for x, y in about)
    yz = math.fsum(y * (x * x + y * y) for x, y in about)
    determinant = xx * yy - xy * xy
    if determinant <= 1e-6 * (xx + yy) ** 2:
        return 0.0
    a, b = (xz * yy - yz * xy) / determinant, (yz * xx - xz * xy) / determinant
    return 2.0 * math.sqrt(a * a / 4 + b * b / 4 + (xx + yy) / count)
