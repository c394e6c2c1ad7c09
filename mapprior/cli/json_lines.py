"""The lines of `drive --jsonl`: which they are, what is in them, where they go."""

import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import IO, Annotated

import typer

from mapprior.errors import ConfigError
from mapprior.model.pose import Pose
from mapprior.reader.as_json import as_json
from mapprior.reader.json_changes import PARTS, changes, without
from mapprior.reader.json_values import Json
from mapprior.reader.reconstructor import Reconstructor

JsonLinesOption = Annotated[
    Path | None,
    typer.Option(
        help="Writes one JSON object per update to this file, - for stdout: the whole horizon as it is known then, 50 "
        "to 200 kB a line in a city, so at 10 poses per second 1 or 2 MB for each second driven: 9 km of a city were "
        "1.15 GB. With --jsonl-changes it is a hundredth of that; --jsonl-without makes lines smaller too."
    ),
]
JsonChangesOption = Annotated[
    bool,
    typer.Option(
        "--jsonl-changes",
        help="After the first line only what changed: keys that say the same as in the line before are left out, in "
        "each path too, all but its path_id; a path that is not listed is gone. 1 to 2 kB a line "
        "at 10 Hz, more the farther it is driven from pose to pose.",
    ),
]
JsonWithoutOption = Annotated[
    str, typer.Option(metavar="geometry,lanes", help=f"Lines without these, of {', '.join(PARTS)}.")
]


class Lines:
    """The lines of `--jsonl`, each about one update. `times`: whether the poses' times are stated or made up."""

    def __init__(self, times: str, *, changes_only: bool = False, left_out: frozenset[str] = frozenset()) -> None:
        self._times = times
        self._changes_only = changes_only
        self._left_out = left_out
        self._before: Json = {}
        self._speed_mps: float | None = None

    async def noted(self, poses: AsyncIterator[Pose]) -> AsyncIterator[Pose]:
        """The same poses; how fast the last one drives tells why a path ends."""
        async for pose in poses:
            self._speed_mps = pose.speed_mps
            yield pose

    def line(self, horizon: Reconstructor) -> str:
        now: Json = {"times": self._times, **without(as_json(horizon, speed_mps=self._speed_mps), self._left_out)}
        told = changes(self._before, now) if self._changes_only else now
        self._before = now
        return json.dumps(told, ensure_ascii=False, allow_nan=False)


def named_parts(text: str) -> frozenset[str]:
    """`geometry,lanes`; empty for none. ConfigError names what is not understood."""
    names = [x.strip() for x in text.split(",")] if text else []
    for name in names:
        if name not in PARTS:
            raise ConfigError(f"--jsonl-without {name!r}; allowed: {', '.join(PARTS)}, joined by commas")
    return frozenset(names)


@contextlib.contextmanager
def opened_lines(file: Path | None) -> Iterator[Callable[[str], None] | None]:
    """A function that writes a line; None without a file. `-` is standard output."""
    if file is None:
        yield None
        return
    with contextlib.ExitStack() as stack:
        try:
            out: IO[str] = sys.stdout if str(file) == "-" else stack.enter_context(file.open("w", encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"--jsonl {file}: {error.strerror}") from None
        yield lambda line: print(line, file=out)
