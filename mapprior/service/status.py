"""The one table from our errors to gRPC statuses, and the guard that every handler runs in.

An error of ours names field and range and may be shown to the peer. Any other exception may quote the
request, so neither the peer nor the log gets its text: only its type and where it was raised.
"""

import asyncio
import functools
import logging
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import grpc

from mapprior import errors

LOG = logging.getLogger("mapprior.service")

# The first row that fits counts: a row stands before those of its base classes.
STATUS_TABLE: Final[tuple[tuple[type[errors.MapPriorError], grpc.StatusCode], ...]] = (
    (errors.OrderError, grpc.StatusCode.FAILED_PRECONDITION),
    (errors.LimitError, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (errors.RequestError, grpc.StatusCode.INVALID_ARGUMENT),
    (errors.FeedError, grpc.StatusCode.INVALID_ARGUMENT),
    (errors.NoRouteError, grpc.StatusCode.NOT_FOUND),
    (errors.OverloadError, grpc.StatusCode.UNAVAILABLE),
    (errors.UnreadableError, grpc.StatusCode.UNAVAILABLE),
    (errors.TilePathError, grpc.StatusCode.FAILED_PRECONDITION),
    (errors.TileError, grpc.StatusCode.DATA_LOSS),
    (errors.UnreachableError, grpc.StatusCode.UNAVAILABLE),
    (errors.RemoteError, grpc.StatusCode.UNAVAILABLE),
    (errors.ConfigError, grpc.StatusCode.FAILED_PRECONDITION),
    (errors.SourceError, grpc.StatusCode.INTERNAL),
)

Handler = Callable[[Any, Any], Awaitable[Any]]


def status_of(error: BaseException) -> tuple[grpc.StatusCode, str]:
    """Status and text for the peer. An exception that is not ours is INTERNAL, without its text."""
    for kind, code in STATUS_TABLE:
        if isinstance(error, kind):
            return code, str(error)
    return grpc.StatusCode.INTERNAL, f"internal error ({type(error).__name__})"


def guarded(handler: Handler) -> Handler:
    """A gRPC handler whose every exception ends the call with a status from the table."""

    @functools.wraps(handler)
    async def run(request: Any, context: Any) -> Any:
        try:
            return await handler(request, context)
        except (asyncio.CancelledError, grpc.aio.AbortError):
            raise
        except grpc.aio.BaseError:
            raise asyncio.CancelledError from None  # the peer is gone: nobody is there to be told
        except Exception as error:
            code, text = status_of(error)
            if code is grpc.StatusCode.INTERNAL:
                LOG.error("%s failed: %s", handler.__name__, where(error))
        return await context.abort(code, text)

    return run


def where(error: BaseException) -> str:
    """Type and places of an exception; never its text, which may quote a position."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
    return f"{type(error).__name__} at {places}"
