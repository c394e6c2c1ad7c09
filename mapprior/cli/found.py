"""The one rule of exit codes, and what is said where no road was found.

0: answered. 1: the answer is that no road is known where it was asked for, in no pose of the whole run (or tiles are
damaged), or the command failed; standard error says which. 2: the command itself must be mended: an option, or a file
or directory it names that is not there or not what it is taken for. A script can tell by the code alone whether there
is something to read in the output.
"""

from collections.abc import Collection, Iterable
from typing import Final, NoReturn

import typer

from mapprior.horizon.items import Health
from mapprior.match.verdict import TILE_FAILED
from mapprior.model.pose import MatchState

NOTHING_FOUND: Final = 1
ON_A_ROAD: Final = frozenset({MatchState.TRACKING, MatchState.AMBIGUOUS})
EXIT_CODES: Final = (
    "Exit code 0: answered. 1: no road is known where it was asked for (no map of the place, no road near any pose), "
    "tiles are damaged, or it failed; standard error says which. 2: the command must be mended: an option, or a file "
    "or directory that it names."
)


def not_covered(markets: Iterable[str]) -> str:
    """What to say where no map covers the place: the markets there are."""
    return f"tiles cover {', '.join(sorted(set(markets))) or 'nothing'}; nothing here"


def unreadable(reason: str, health: Health) -> str:
    """What was wrong with the map of a place that is not known for that `reason`; empty where another one is."""
    return f"{reason}: {health.reason}" if reason == TILE_FAILED and health.reason else ""


def end_without_road(states: Collection[MatchState], markets: Iterable[str], *, damage: str = "") -> NoReturn:
    """Ends a run that found no road: says why, by the states it saw. `damage`: what was wrong with the map."""
    if not states:
        said = "no answer came to any pose"
    elif damage:
        said = damage
    elif set(states) - {MatchState.WAITING} == {MatchState.NO_COVERAGE}:
        said = not_covered(markets)
    else:
        said = "no road of the map was found at any pose"
    typer.echo(said, err=True)
    raise typer.Exit(NOTHING_FOUND)
