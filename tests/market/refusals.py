"""Every speed value of the extracts at hand, read as the build reads it: what is refused, and why.

`python -m tests.market.refusals` prints the table.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import osmium

from mapprior.build.access import Refused as Noted
from mapprior.build.limits import limits_of
from mapprior.market.clauses import clauses
from mapprior.market.condition import Refused, parse_condition
from mapprior.model.limit import SpeedUnit

DATA = Path(os.environ.get("MAPPRIOR_DATA", Path(__file__).parents[3] / "shared" / "data"))
FAMILY = ("maxspeed", "minspeed", "source:maxspeed", "zone:maxspeed", "zone:traffic")


@dataclass(frozen=True, slots=True)
class SpeedValues:
    """`values`: how often each `key=value` occurs; `refused`: how often each (reason, `key=value`) does."""

    extracts_count: int
    values: Counter[str]
    refused: Counter[tuple[str, str]]
    conditions: Counter[str]


def extracts() -> list[Path]:
    folder = DATA / "osm"
    return sorted(x for x in folder.rglob("*") if ".osm" in x.suffixes) if folder.exists() else []


def speed_values(files: list[Path]) -> SpeedValues:
    """Reads all ways of all files."""
    found = SpeedValues(len(files), Counter(), Counter(), Counter())
    for file in files:
        for tags in _tags(file):
            oneway = tags.get("oneway") in ("yes", "-1") or tags.get("junction") == "roundabout"
            speed = {k: v for k, v in tags.items() if k.startswith(FAMILY)}
            found.values.update(f"{k}={v}" for k, v in speed.items())
            found.refused.update(_refusals(speed, way_oneway=oneway))
            for key, text in speed.items():
                if "conditional" in key.split(":"):
                    found.conditions.update(condition for _, condition in clauses(text))
    return found


def _tags(file: Path) -> Iterator[dict[str, str]]:
    for way in osmium.FileProcessor(str(file), osmium.osm.WAY):
        tags = {x.k: x.v for x in way.tags}
        if any(key.startswith(FAMILY) for key in tags):
            yield tags


def _refusals(speed: dict[str, str], *, way_oneway: bool) -> list[tuple[str, str]]:
    noted: Noted = []
    limits_of(speed, first_lanes=(0, 0), way_oneway=way_oneway, sign_unit=SpeedUnit.KMH, refused=noted)
    refused = [(reason, text) for reason, text in noted]
    for key, text in speed.items():
        for _, condition in clauses(text) if "conditional" in key.split(":") else ():
            read = parse_condition(condition)
            if isinstance(read, Refused):
                refused.append((f"condition: {read.reason}", f"{key}={text}"))
    return refused


def table(found: SpeedValues) -> str:
    """As text, most frequent reasons first."""
    total, refused = found.values.total(), found.refused.total()
    lines = [
        f"{found.extracts_count} extracts, {total} values, {len(found.values)} different; "
        f"{found.conditions.total()} conditions, {len(found.conditions)} different; {refused} refused"
    ]
    for (reason, text), count in sorted(found.refused.items(), key=lambda x: (x[0][0], -x[1], x[0][1])):
        lines.append(f"{count:6}  {reason}: {text}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(speed_values(extracts())))
    sys.exit(0)
