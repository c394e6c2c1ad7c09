"""A step of the climb counts as sustained only where the load said so itself."""

import json

import pytest

from tests.bench.processes import Run, load_result

CARRIED = {"sent_count": 10, "answered_count": 10, "failed_count": 0, "p99_ms": 4.0}


def of(output: str) -> Run:
    return Run(150, 6.0, 100.0, 0.5, 1, load_result(output, 1))


def test_a_load_that_tells_its_result_is_believed() -> None:
    assert of(json.dumps(CARRIED)).sustained
    assert not of(json.dumps({**CARRIED, "answered_count": 9})).sustained


@pytest.mark.parametrize("output", ["", "Traceback (most recent call last):\n", json.dumps(CARRIED)[:-4]])
def test_a_load_that_ends_without_one_is_said_and_carried_nothing(
    output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = of(output)
    assert not run.sustained
    assert run.load["failures"] == ["the load ended without a result, exit code 1"]
    assert "does not count as sustained" in capsys.readouterr().err
