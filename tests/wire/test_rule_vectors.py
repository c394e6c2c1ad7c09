"""The committed vectors: this package makes them again byte for byte, and a fresh client passes them."""

import json
from pathlib import Path
from typing import Any

import pytest

from clients.conformance.rules.generate import VECTORS, committed, made
from clients.conformance.rules.script import name, read_frames
from mapprior.horizon.digest import MASK64
from mapprior.horizon.events import Open
from mapprior.reader.as_json import as_json
from mapprior.reader.reconstructor import Reconstructor
from mapprior.tile.codec import decode_content
from mapprior.wire.updates import decode_update
from mapprior.wire.zones import decode_zone

NAMES = sorted(file.stem for file in VECTORS.glob("*.bin"))


def steps_of(vector: str) -> tuple[list[bytes], list[dict[str, Any]]]:
    frames = list(read_frames((VECTORS / f"{vector}.bin").read_bytes()))
    return frames, json.loads((VECTORS / f"{vector}.json").read_text(encoding="utf-8"))["steps"]


def test_the_committed_vectors_are_what_the_streams_make() -> None:
    new, old = made(), committed()
    assert sorted(old) == sorted(new), "run `python -m clients.conformance.rules.generate --write`"
    assert [file for file in new if new[file] != old[file]] == []


@pytest.mark.parametrize("vector", NAMES)
def test_a_client_holds_what_the_vector_says(vector: str) -> None:
    frames, steps = steps_of(vector)
    client = Reconstructor(decode_content, decode_zone, opened=Open())
    for step in steps:
        if step["action"] == "hold":
            held = client.held_content()
            assert held is not None
            assert sorted(held.build_ids) == step["held"]["build_ids"]
            assert len(held.contents) == len(step["held"]["contents"])
            continue
        assert client.apply(decode_update(frames[step["frame"]]), 0) is step["applied"]
        assert client.needs_resync is step["needs_resync"]
        if step["applied"]:
            assert as_json(client) == step["horizon"]
            assert {name(x): f"{x.hash64():016x}" for x in client.state.items()} == step["items"]


@pytest.mark.parametrize("vector", NAMES)
def test_the_hash_is_the_sum_of_the_items(vector: str) -> None:
    for step in steps_of(vector)[1]:
        if "items" in step:
            total = sum(int(number, 16) for number in step["items"].values()) & MASK64
            assert f"{total:016x}" == step["state_hash"]


def test_every_frame_is_used_once_and_in_order() -> None:
    for vector in NAMES:
        frames, steps = steps_of(vector)
        assert [step["frame"] for step in steps if step["action"] == "apply"] == list(range(len(frames)))


def test_the_vectors_show_both_sides_of_every_answer() -> None:
    """A client that always applies, or never asks for a resync, fails some vector."""
    steps = [step for vector in NAMES for step in steps_of(vector)[1]]
    applied = [step for step in steps if step["action"] == "apply"]
    assert {step["applied"] for step in applied} == {True, False}
    assert {step["needs_resync"] for step in applied} == {True, False}
    assert {key.rsplit(" ", 1)[0].split(" ")[0] for step in applied for key in step.get("items", {})} == {
        "path",
        "link",
        "limit",
        "coverage",
        "work",
        "content",
        "basis",
        "border",
    }


def test_a_cut_file_is_noticed(tmp_path: Path) -> None:
    whole = (VECTORS / "snapshot.bin").read_bytes()
    with pytest.raises(ValueError, match="cut"):
        list(read_frames(whole[:-1]))
