"""A limit that may hold, as limit spans and work zones carry it."""

from typing import Final

from mapprior.model.limit import LimitAlternative, LimitKind, SpeedUnit
from mapprior.v1 import limit_pb2
from mapprior.wire.fields import known, text, whole

POSTED_VALUE_MILLI_MAX: Final = 500_000


def fill_alternative(message: limit_pb2.LimitAlternative, alternative: LimitAlternative) -> None:
    """Writes an alternative into an empty message."""
    message.kind = alternative.kind  # type: ignore[assignment]
    message.posted_value_milli = alternative.posted_value_milli
    message.posted_unit = alternative.posted_unit  # type: ignore[assignment]
    message.condition = alternative.condition
    message.raw = alternative.raw


def read_alternative(message: limit_pb2.LimitAlternative, field: str) -> LimitAlternative:
    """The alternative; RequestError names `field`."""
    return LimitAlternative(
        known(LimitKind, message.kind, f"{field}.kind"),
        whole(message.posted_value_milli, f"{field}.posted_value_milli", 0, POSTED_VALUE_MILLI_MAX),
        known(SpeedUnit, message.posted_unit, f"{field}.posted_unit"),
        text(message.condition, f"{field}.condition"),
        text(message.raw, f"{field}.raw"),
    )
