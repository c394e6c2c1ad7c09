"""Waiting for a server that is perhaps just starting; says what it waits for, and for how long."""

import asyncio
import time
from typing import Annotated, Final

import typer

from mapprior.client import HorizonClient
from mapprior.client.drive import RESUME_SEC
from mapprior.errors import ConfigError, RemoteError, UnreachableError

WAIT_SEC: Final = 30.0
WAIT_SEC_MAX: Final = 3_600.0
AWAY_SEC: Final = RESUME_SEC
_PAUSE_SEC: Final = 0.2

WaitOption = Annotated[float, typer.Option(help="How long to wait for a server that does not answer yet.")]
AwayOption = Annotated[
    float,
    typer.Option(
        help="How long the server may be out of reach on the way, as in a tunnel, before the drive is given up."
    ),
]


async def awaited(client: HorizonClient, address: str, *, wait_sec: float) -> None:
    """Returns when a server answers, also where it answers with a failure: the drive itself tells that one.

    UnreachableError where none does in that time.
    """
    until_sec, told = time.monotonic() + wait_sec, False
    while True:
        try:
            await client.markets()
        except UnreachableError as error:
            if time.monotonic() >= until_sec:
                raise UnreachableError(f"{error}; waited {wait_sec:g} s") from None
        except RemoteError:
            return
        else:
            return
        if not told:
            typer.echo(f"no server answers at {address} yet; waiting up to {wait_sec:g} s for it", err=True)
            told = True
        await asyncio.sleep(_PAUSE_SEC)


def checked_wait(wait_sec: float, option: str = "--wait-sec") -> float:
    if not 0.0 <= wait_sec <= WAIT_SEC_MAX:
        raise ConfigError(f"{option} {wait_sec:g} is outside 0 to {WAIT_SEC_MAX:g}")
    return wait_sec
