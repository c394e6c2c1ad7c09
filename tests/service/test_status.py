"""The one table from errors to statuses."""

import inspect

import grpc
import pytest

from mapprior import errors
from mapprior.service.status import STATUS_TABLE, status_of, where

OURS = [e for _, e in inspect.getmembers(errors, inspect.isclass) if issubclass(e, errors.MapPriorError)]


@pytest.mark.parametrize("kind", [e for e in OURS if e is not errors.MapPriorError])
def test_every_error_of_ours_has_its_own_row(kind: type[errors.MapPriorError]) -> None:
    assert kind in [k for k, _ in STATUS_TABLE]
    assert status_of(kind("pose.lat_deg is outside [-90, 90]")) == (
        dict(STATUS_TABLE)[kind],
        "pose.lat_deg is outside [-90, 90]",
    )


def test_no_row_hides_another() -> None:
    for i, (kind, _) in enumerate(STATUS_TABLE):
        assert not any(issubclass(kind, earlier) for earlier, _ in STATUS_TABLE[:i])


def test_the_text_of_a_foreign_error_reaches_neither_peer_nor_log() -> None:
    try:
        float("48.98765,11.5")
    except ValueError as error:
        assert status_of(error) == (grpc.StatusCode.INTERNAL, "internal error (ValueError)")
        assert "98765" not in where(error)
        assert "test_status.py" in where(error)
