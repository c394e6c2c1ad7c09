"""`make bench`: every case, one JSON line each. `--case NAME` runs one, `--quick` shortens all.

Ratios are of the same run on the same machine; absolute figures depend on it.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import branches, conditionals, core, fleet, limits, maps, matching

Case = Callable[[Path, bool], Iterator[dict[str, object]]]
CASES: dict[str, Case] = {
    "session_core": core.session_core,
    "limits": limits.session_limits,
    "conditionals": conditionals.conditionals,
    "cold_start": fleet.cold_start,
    "vehicles": fleet.vehicles,
    "memory": fleet.memory,
    "build": maps.build_throughput,
    "extracts": maps.every_extract,
    "matching": matching.matching,
    "branches": branches.branches,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--case", choices=sorted(CASES), action="append", help="only this case; may be repeated")
    parser.add_argument("--quick", action="store_true", help="shorter runs, rougher figures")
    options = parser.parse_args()
    for name in options.case or CASES:
        begun = time.monotonic()
        print(f"case {name} ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            for line in CASES[name](Path(folder), options.quick):
                print(json.dumps({"case": name, **line}), flush=True)
        print(f"case {name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
