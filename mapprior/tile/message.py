"""What every content message needs: parsed or refused as a whole, every range checked, written the same each time."""

from typing import Final, TypeVar

from google.protobuf.message import DecodeError, Message

from mapprior.errors import TileError

LENGTH_CM_MAX: Final = 100_000
PERMILLE_MAX: Final = 1000

M = TypeVar("M", bound=Message)


def parsed(kind: type[M], payload: bytes, what: str) -> M:
    """The message of a payload. TileError names `what` where the bytes are none."""
    try:
        return kind.FromString(payload)
    except DecodeError as error:
        raise TileError(f"{what} content is damaged: {error}") from error


def serialised(message: Message) -> bytes:
    """The same message gives the same bytes."""
    return message.SerializeToString(deterministic=True)


def within(value: int, low: int, high: int, what: str) -> int:
    """The value; ValueError names `what` where it is outside."""
    if not low <= value <= high:
        raise ValueError(f"{what} {value} is outside {low} to {high}")
    return value
