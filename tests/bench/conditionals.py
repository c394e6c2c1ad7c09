"""Conditions of limits: how fast they are read and judged. The reference is the opening-hours library alone."""

import datetime as dt
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from opening_hours import OpeningHours

from mapprior.market.circumstances import Arrival, Circumstances
from mapprior.market.clauses import clauses
from mapprior.market.condition import Condition, Verdict, evaluate, parse_condition
from mapprior.market.opening_times import Times
from tests.bench.samples import spread
from tests.market.conditional_values import HERE, VALUES

HOUR_US = 3_600_000_000
FIRST_US = 1_772_000_000_000_000  # February 2026
GOAL_US = 10.0

TEXTS = [text for _, text, _ in VALUES]


def conditionals(_folder: Path, quick: bool) -> Iterator[dict[str, object]]:
    """Reading without any memory, against the library reading the same times; judging, near and far in time."""
    rounds = 20 if quick else 100
    stated = [condition for text in TEXTS for _, condition in clauses(text)]
    read = [x for x in map(parse_condition, stated) if isinstance(x, Condition)]
    times = [str(atom) for x in read for atom in x.atoms if isinstance(atom, Times)]
    split_us = _median_us(lambda: [clauses(x) for x in TEXTS], rounds) / len(TEXTS)
    parse_us = _median_us(lambda: [parse_condition.__wrapped__(x) for x in stated], rounds)
    alone_us = _median_us(lambda: [OpeningHours(x, auto_country=False, auto_timezone=False) for x in times], rounds)
    yield {
        "what": "parse",
        "conditions_count": len(stated),
        "times_count": len(times),
        "clauses_us_per_value": round(split_us, 2),
        "parse_us_per_condition": round(parse_us / len(stated), 2),
        "conditions_per_second": round(len(stated) / parse_us * 1e6),
        "library_us_per_times": round(alone_us / len(times), 2),
        "ratio_to_library": round(parse_us / alone_us, 2),
    }
    timed = [x for x in read if x.timed]
    rng = random.Random(5)
    steady = [FIRST_US + i * 100_000 for i in range(600)]  # ten poses a second for a minute
    scattered = [FIRST_US + rng.randrange(365 * 24) * HOUR_US for _ in range(60 if quick else 600)]
    plain = [OpeningHours(x, auto_country=False, auto_timezone=False) for x in times]
    steadily = _costs(timed, steady)
    median_us = steadily["us"]["p50"]
    yield {
        "what": "evaluate, ten times a second",
        **steadily,
        "goal_median_us": GOAL_US,
        "goal_met": median_us < GOAL_US,
    }
    yield {"what": "evaluate, anywhere in a year", **_costs(timed, scattered)}
    yield {"what": "evaluate, no times", **_costs([x for x in read if not x.timed], steady[:100])}
    moments = [_moment(x) for x in scattered]
    alone_us = _median_us(lambda: [(x.state(m), x.next_change(m)) for x in plain for m in moments[:20]], 5)
    yield {"what": "library's state and next_change", "mean_us": round(alone_us / len(plain) / 20, 2)}


def _costs(conditions: Sequence[Condition], instants_us: Sequence[int]) -> dict[str, Any]:
    found_us = []
    for condition in conditions:
        for at_us in instants_us:
            circumstances = Circumstances(place=HERE, arrival=Arrival(at_us, at_us + 500_000))
            begun = time.perf_counter_ns()
            verdict = evaluate(condition, circumstances)
            found_us.append((time.perf_counter_ns() - begun) / 1e3)
            assert isinstance(verdict, Verdict)
    return {"count": len(found_us), "us": spread(found_us)}


def _median_us(work: Callable[[], object], rounds: int) -> float:
    found = []
    for _ in range(rounds):
        begun = time.perf_counter_ns()
        work()
        found.append((time.perf_counter_ns() - begun) / 1e3)
    return statistics.median(found)


def _moment(at_us: int) -> dt.datetime:
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=at_us)).replace(tzinfo=None)
