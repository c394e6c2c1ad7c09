"""What a worker asks of the machine."""

import resource
from collections.abc import Iterator

import pytest

from mapprior.service.worker import allow_files


@pytest.fixture
def hard() -> Iterator[int]:
    """The most that may be asked for; what was allowed before is allowed again after the test."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard < 2000:
        pytest.skip(f"the hard limit of open files is {hard}")
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def allowed() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_as_many_files_are_asked_for_as_there_may_be_vehicles(hard: int, caplog: pytest.LogCaptureFixture) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    allow_files(1500)
    assert allowed() == 1500
    allow_files(1400)
    assert allowed() == 1500 and not caplog.messages
    allow_files(hard + 1)
    assert allowed() == hard and "streams_max" in caplog.text
