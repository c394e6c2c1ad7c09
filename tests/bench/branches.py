"""How well the ways onward at junctions are foretold, on recorded drives: first-ranked share, log loss, calibration.

    python -m tests.bench --case branches          the held-out half of the taxi trips, other drives, routes
    python -m tests.bench.branches --fit           fits the weights of `mapprior/match/branch_model.py` and prints them

Truth is `junction_truth.py`, which knows of no branch probability. With a fix in 15 s it prefers short ways, so
junctions count only where the fixes decide (rule at `passages`). Half of the trips, by a hash of their id, fit the
weights; the other half is measured. A drive turns where its driver wants to go, which no sign tells.
"""

import argparse
import csv
import hashlib
import math
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mapprior.build.pipeline import build_market
from mapprior.build.request import BuildRequest
from mapprior.match.branch import WHOLE_PPM, branch_shares_ppm, exits_to_come
from mapprior.match.branch_model import Approach, Weights, approach_of, bend_rad, evidence
from mapprior.match.turns import next_links
from mapprior.model.ids import LinkId
from mapprior.model.link import FormOfWay, Link
from mapprior.model.network import Network
from mapprior.model.pose import Pose
from mapprior.runtime.trace_file import read_trace
from mapprior.tile.store import open_markets
from tests.bench.drives import random_way, whole_network
from tests.bench.junction_truth import Ways, legs_driven
from tests.bench.maps import DATA, EXTRACTS

PORTO = ("r5/porto_portugal.osm.pbf", "traces/porto-taxi/train_500.csv")
RECORDED = {
    "brouter/dreieich.osm.gz": "traces/brouter/testtrack0.gpx",
    "graphhopper/andorra.osm.pbf": "traces/graphhopper/andorra_for_map_matching.gpx",
}
# Left-hand and right-hand traffic, with and without turn arrows.
ROUTED = (
    "openrouteservice/heidelberg.test.osm.pbf",
    "zurich/zurich.osm",
    "otp/portland-central-filtered.osm.pbf",
    "valhalla/bayfront_singapore.osm.pbf",
    "northprint/shibuya.osm",
)
DRIVEN_LINKS_COUNT = 12  # as the path tree knows
RIVAL_RATIO, RIVAL_M = 1.3, 50.0
REACH_M = 1500.0
EDGES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
SPEAK_FOR = frozenset({"keeps_course", "same_name", "same_number", "has_name_or_number", "oneway"})
SIGNS = tuple(x.name for x in fields(Weights))
NOTHING = dict.fromkeys(SIGNS, 0.0)
_RIDGE = 0.1
_PREDICTED_MIN = 1e-6

Shares = Sequence[float]
Predict = Callable[[Network, "Passage"], Shares]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Passage:
    """A junction driven over: the links driven up to it, the ways onward, and which of them was taken."""

    driven: tuple[LinkId, ...]
    onward: tuple[LinkId, ...]
    taken: int


def branches(folder: Path, quick: bool) -> Iterator[dict[str, object]]:
    """Held-out taxi trips before (by the bend alone) and after; the other drives at hand; routes in other places."""
    if (DATA / PORTO[1]).is_file() and (DATA / "osm" / PORTO[0]).is_file():
        network = built(folder, PORTO[0])
        held_out, left_out = taxi_passages(network, training=False, every=10 if quick else 1)
        for name, predict in {"bend_only": by_bend, "model": by_model}.items():
            yield {"drives": "porto-taxi, held out", "shares": name, **scores(network, held_out, predict), **left_out}
    for extract, trace in RECORDED.items():
        if (DATA / trace).is_file():
            network = built(folder, extract)
            passed, left_out = passages(network, read_trace(DATA / trace).poses)
            for name, predict in {"bend_only": by_bend, "model": by_model}.items():
                yield {"drives": trace, "shares": name, **scores(network, passed, predict), **left_out}
    for extract in ROUTED[:2] if quick else ROUTED:
        if (DATA / "osm" / extract).is_file():
            network = built(folder, extract)
            routed = routed_passages(network, count=20 if quick else 100)
            for name, predict in {"bend_only": by_bend, "model": by_model}.items():
                yield {"routes_over": extract, "shares": name, **scores(network, routed, predict)}


def built(folder: Path, extract: str) -> Network:
    """An extract as a network with every tile at hand."""
    out = folder / extract.replace("/", "_")
    request = BuildRequest(market=EXTRACTS[extract], out_dir=out, sources=(DATA / "osm" / extract,))
    build_market(request)
    return whole_network(open_markets([out]))


# --- what was driven


def is_training(trip: str) -> bool:
    return hashlib.blake2b(trip.encode(), digest_size=2).digest()[0] & 1 == 0


def taxi_passages(network: Network, *, training: bool, every: int = 1) -> tuple[list[Passage], dict[str, object]]:
    """Junctions of one half of the taxi trips, or of one trip in `every` of that half; and what was left out."""
    with (DATA / PORTO[1]).open() as file:
        trips = [row[0].strip() for row in csv.reader(file)][1:]
    found: list[Passage] = []
    left_out: Counter[str] = Counter()
    for trip in [x for x in trips if is_training(x) is training][::every]:
        passed, reasons = passages(network, read_trace(f"{DATA / PORTO[1]}#{trip}").poses)
        found += passed
        left_out.update({k: int(str(v)) for k, v in reasons.items()})
    return found, dict(left_out)


def passages(network: Network, poses: Sequence[Pose]) -> tuple[list[Passage], dict[str, object]]:
    """The junctions of a drive with two or more ways onward other than back, and how many were left out, and why.

    A junction counts where the fix before it and the fix after it, at most APART_US_MAX apart, are surely (SURE_FROM)
    on the way driven; where the drive does not turn back between them; and where no other way from the junction
    reaches the link of the later fix within RIVAL_RATIO times the length of the way taken and RIVAL_M more.
    """
    ways, driven = Ways(network), list[LinkId]()
    found: list[Passage] = []
    left_out = Counter[str](in_doubt=0, turned_back=0, rival_way=0)
    for leg in legs_driven(ways, poses):
        if leg is None:
            driven = []
            continue
        driven = driven or [leg.way[0]]
        turned = any(_twin(network, a) == b for a, b in pairwise(leg.way))
        for k, (arriving, taken) in enumerate(pairwise(leg.way)):
            tail = tuple(driven[-DRIVEN_LINKS_COUNT:])
            onward = next_links(network, tail) or []
            driven.append(taken)
            if taken not in onward or sum(x != _twin(network, arriving) for x in onward) < 2:
                continue
            if not leg.is_sure:
                left_out["in_doubt"] += 1
            elif turned:
                left_out["turned_back"] += 1
            elif _has_rival(ways, onward, leg.way[k + 1 :]):
                left_out["rival_way"] += 1
            else:
                found.append(Passage(tail, tuple(onward), onward.index(taken)))
    return found, {f"left_out_{k}": v for k, v in left_out.items()}


def routed_passages(network: Network, *, count: int) -> list[Passage]:
    """Junctions of shortest-time routes between random places: what a router holds to be a sensible drive."""
    rng = random.Random(7)
    found = []
    for _ in range(count):
        links = random_way(network, rng, 1000.0)
        for i, taken in enumerate(links[1:]):
            driven = links[: i + 1][-DRIVEN_LINKS_COUNT:]
            onward = next_links(network, driven) or []
            if taken in onward and sum(x != _twin(network, driven[-1]) for x in onward) >= 2:
                found.append(Passage(tuple(driven), tuple(onward), onward.index(taken)))
    return found


def _has_rival(ways: Ways, onward: Sequence[LinkId], way: Sequence[LinkId]) -> bool:
    """Does another way onward lead to the last link of `way`, and not much farther?"""
    taken, last = way[0], way[-1]
    limit_m = RIVAL_RATIO * sum(_length_m(ways.network, x) for x in way[:-1]) + RIVAL_M
    for other in onward:
        if other == taken:
            continue
        rest_m = ways.length_m(other, last, REACH_M)
        if other == last or (rest_m is not None and rest_m + _length_m(ways.network, other) <= limit_m):
            return True
    return False


def _twin(network: Network, link_id: LinkId) -> LinkId | None:
    link = network.link(link_id)
    return None if link is None else link.twin_id


def _length_m(network: Network, link_id: LinkId) -> float:
    link = network.link(link_id)
    return 0.0 if link is None else link.line.length_m


# --- how well it was foretold


def by_model(network: Network, passage: Passage) -> Shares:
    return [x / WHOLE_PPM for x in branch_shares_ppm(network, passage.driven, passage.onward)]


def by_bend(network: Network, passage: Passage) -> Shares:
    """The bend alone, as a bell of 0.8 rad over a floor: what a horizon without any other sign would say."""
    approach = approach_of(network, passage.driven)
    weights = []
    for link_id in passage.onward:
        link = network.link(link_id)
        bend = None if approach is None or link is None else bend_rad(approach, link)
        weights.append(0.08 + (1.0 if bend is None else math.exp(-0.5 * (bend / 0.8) ** 2)))
    return [w / sum(weights) for w in weights]


def scores(network: Network, passed: Sequence[Passage], predict: Predict) -> dict[str, object]:
    """Share of junctions whose way taken ranked first, mean log loss, and calibration over all ways of all junctions.

    The expected calibration error is the mean, over all ways, of |predicted - observed| of the bin they fall into.
    """
    first, loss = 0, 0.0
    ways: list[tuple[float, bool]] = []
    for passage in passed:
        shares = predict(network, passage)
        taken = shares[passage.taken]
        first += taken >= max(shares)
        loss -= math.log(max(taken, _PREDICTED_MIN))
        ways += [(share, i == passage.taken) for i, share in enumerate(shares)]
    table = reliability(ways)
    off = sum(row["ways_count"] * abs(row["predicted"] - row["observed"]) for row in table)
    count = max(1, len(passed))
    return {
        "junctions_count": len(passed),
        "ranked_first": round(first / count, 4),
        "log_loss": round(loss / count, 4),
        "calibration_error": round(off / max(1, len(ways)), 4),
        "reliability": table,
    }


def reliability(ways: Sequence[tuple[float, bool]]) -> list[dict[str, float]]:
    """Per bin of predicted probability: the mean predicted, how often taken, and how many ways."""
    rows = []
    for low, high in pairwise((*EDGES, math.inf)):
        inside = [(share, taken) for share, taken in ways if low <= share < high]
        if inside:
            predicted = sum(share for share, _ in inside) / len(inside)
            observed = sum(taken for _, taken in inside) / len(inside)
            row = {"from": low, "to": min(1.0, high), "ways_count": len(inside)}
            rows.append({**row, "predicted": round(predicted, 3), "observed": round(observed, 3)})
    return rows


# --- fit


class Sample:
    """Junctions as arrays: a row for each way, or exit of a roundabout still to come, a column for each sign."""

    def __init__(self, network: Network, passed: Sequence[Passage], names: Sequence[str]) -> None:
        rows: list[list[float]] = []
        junctions: list[int] = []
        taken: list[bool] = []
        count = 0
        for passage in passed:
            ways = list(_ways(network, passage))
            if not any(i == passage.taken for i, _ in ways):
                continue
            for i, signs in ways:
                rows.append([signs[name] for name in names])
                junctions.append(count)
                taken.append(i == passage.taken)
            count += 1
        self.signs = np.array(rows)
        self.junction = np.array(junctions)
        self.taken = np.array(taken)
        self.start = np.flatnonzero(np.diff(self.junction, prepend=-1))
        self.count = count

    def shares(self, weights: Floats) -> tuple[Floats, Floats]:
        """Probability of each row, and of what was taken at each junction."""
        evidence = self.signs @ weights
        e = np.exp(evidence - np.maximum.reduceat(evidence, self.start)[self.junction])
        p = e / np.add.reduceat(e, self.start)[self.junction]
        return p, np.maximum(np.add.reduceat(p * self.taken, self.start), 1e-12)

    def loss(self, weights: Floats) -> float:
        return float(-np.log(self.shares(weights)[1]).sum() + 0.5 * _RIDGE * weights @ weights)

    def curvature(self, p: Floats) -> Floats:
        """Second derivative of the loss, but for exits that share one way."""
        means = np.zeros((self.count, self.signs.shape[1]))
        np.add.at(means, self.junction, p[:, None] * self.signs)
        squares: Floats = (self.signs * p[:, None]).T @ self.signs - means.T @ means
        return squares + _RIDGE * np.eye(len(squares))


def _signs(approach: Approach, onward: Link) -> Mapping[str, float]:
    """How much of each sign a way shows: what its weight is multiplied with."""
    return {name: evidence(approach, onward, Weights(**NOTHING | {name: 1.0})) for name in SIGNS}


def _ways(network: Network, passage: Passage) -> Iterator[tuple[int, Mapping[str, float]]]:
    """(place among the ways onward, signs), for the ways other than back."""
    approach, arriving = approach_of(network, passage.driven), network.link(passage.driven[-1])
    if approach is None or arriving is None:
        return
    for i, link_id in enumerate(passage.onward):
        link = network.link(link_id)
        if link is None or link_id == arriving.twin_id:
            continue
        if arriving.form_of_way is link.form_of_way is FormOfWay.ROUNDABOUT:
            yield from ((i, _signs(approach, x)) for x in exits_to_come(network, link, approach.driven) if x)
        else:
            yield i, _signs(approach, link)


def fit(sample: Sample) -> tuple[Floats, Floats]:
    """Weights of least loss with a slight pull to nought, and their standard errors. Newton with halved steps."""
    weights = np.zeros(sample.signs.shape[1])
    loss = sample.loss(weights)
    for _ in range(60):
        p, of_taken = sample.shares(weights)
        given = p * sample.taken / of_taken[sample.junction]
        step = np.linalg.solve(sample.curvature(p), sample.signs.T @ (p - given) + _RIDGE * weights)
        while np.abs(step).max() > 1e-6 and sample.loss(weights - step) > loss:
            step = step / 2
        if np.abs(step).max() <= 1e-6:
            break
        weights = weights - step
        loss = sample.loss(weights)
    return weights, np.sqrt(np.diag(np.linalg.inv(sample.curvature(sample.shares(weights)[0]))))


def fitted(network: Network, passed: Sequence[Passage]) -> Mapping[str, tuple[float, float, int]]:
    """(weight, standard error, ways that show it) of each sign; one that comes out against reason is left out."""
    names = list(SIGNS)
    while True:
        sample = Sample(network, passed, names)
        weights, errors = fit(sample)
        found = {
            name: (float(w), float(e), int((sample.signs[:, i] != 0.0).sum()))
            for i, (name, w, e) in enumerate(zip(names, weights, errors, strict=True))
        }
        absurd = [name for name, (weight, _, _) in found.items() if (weight > 0.0) is not (name in SPEAK_FOR)]
        if not absurd:
            return found
        names = [name for name in names if name not in absurd]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.branches", description=__doc__)
    parser.add_argument("--fit", action="store_true", required=True, help="fit the weights and print them")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only one trip in N")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        network = built(Path(folder), PORTO[0])
        passed, _ = taxi_passages(network, training=True, every=options.every)
        print(f"{len(passed)} junctions")
        for name, (weight, error, count) in fitted(network, passed).items():
            print(f"    {name}: float = {weight:.2f}  # +- {error:.2f}, {count:,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
