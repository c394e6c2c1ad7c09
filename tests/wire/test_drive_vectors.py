"""The committed drives: this package records them again byte for byte, and its own client passes them."""

import json
from typing import Any

import pytest

from clients.conformance.drives.generate import VECTORS, committed, made
from clients.conformance.rules.script import name, read_frames
from mapprior.horizon.events import Open
from mapprior.horizon.items import Update
from mapprior.model.pose import MatchState
from mapprior.reader.as_json import as_json
from mapprior.reader.reconstructor import Reconstructor
from mapprior.tile.codec import decode_content
from mapprior.v1 import horizon_pb2, horizon_service_pb2
from mapprior.wire.updates import decode_update
from mapprior.wire.zones import decode_zone

NAMES = ("damaged_tile", "eviction", "resume", "resync", "switch", "turn", "work_zone")
BYTES_MAX = 150_000


def frames_of(vector: str) -> list[bytes]:
    return list(read_frames((VECTORS / f"{vector}.bin").read_bytes()))


def steps_of(vector: str) -> list[dict[str, Any]]:
    return list(json.loads((VECTORS / f"{vector}.json").read_text(encoding="utf-8"))["steps"])


def messages_of(vector: str) -> list[horizon_pb2.HorizonUpdate]:
    return [horizon_service_pb2.StreamHorizonResponse.FromString(frame).update for frame in frames_of(vector)]


def test_the_committed_drives_are_what_the_stories_make() -> None:
    new, old = made(), committed()
    assert sorted(old) == sorted(new) == sorted(f"{x}.{kind}" for x in NAMES for kind in ("bin", "json"))
    changed = [file for file in new if new[file] != old[file]]
    assert changed == [], "where this is meant: python -m clients.conformance.drives.generate --write"
    assert sum(map(len, old.values())) < BYTES_MAX


@pytest.mark.parametrize("vector", NAMES)
def test_the_reconstructor_passes(vector: str) -> None:
    frames, client = frames_of(vector), Reconstructor(decode_content, decode_zone, opened=Open())
    for step in steps_of(vector):
        if step["action"] == "hold":
            held = client.held_content()
            assert held is not None
            assert sorted(held.build_ids) == step["held"]["build_ids"]
            assert {(x.group.name, str(x.link_id), f"{x.digest:016x}") for x in held.contents} == {
                (x["group"], x["link_id"], x["digest"]) for x in step["held"]["contents"]
            }
            continue
        update = decode_update(frames[step["frame"]])
        assert client.apply(update, 0) is step["applied"]
        assert client.needs_resync is step["needs_resync"]
        if step["applied"]:
            assert client.update_index == step["update_index"]
            assert f"{update.state_hash:016x}" == step["state_hash"]
        if "items" in step:
            assert {name(x): f"{x.hash64():016x}" for x in client.state.items()} == step["items"]
        if "horizon" in step:
            assert as_json(client) == step["horizon"]


@pytest.mark.parametrize("vector", NAMES)
def test_items_are_given_wherever_the_hash_changed(vector: str) -> None:
    known = ""
    for step in steps_of(vector):
        if step.get("applied"):
            assert ("items" in step) == (step["state_hash"] != known)
            known = step["state_hash"]
    assert "horizon" in steps_of(vector)[-1]


# A drive that no longer shows its case would pass every client.


def test_the_turning_drive_turns() -> None:
    updates = messages_of("turn")
    assert updates[0].position.state == MatchState.AMBIGUOUS
    roots = [p.path_id for u in updates for p in u.paths if not p.parent_path_id]
    assert len(set(roots)) == 4
    assert set(roots[1:]) & {p.path_id for u in updates for p in u.paths if p.parent_path_id}
    assert any(u.removed_path_ids for u in updates)
    assert any(a.condition for u in updates for x in u.limit_spans for a in x.unresolved)
    assert {x.certain for u in updates for x in u.limit_spans} == {True, False}
    assert all(x.link_id > 1 << 63 for u in updates for x in u.link_placements)


def test_the_small_client_is_sent_evictions_and_told_what_is_withheld() -> None:
    updates = messages_of("eviction")
    assert any(u.evicted_contents for u in updates)
    assert any(p.first_offset_cm for u in updates for p in u.paths)
    assert ["withheld" in u.health.reason for u in updates if u.HasField("health")] == [False, True, False]


def test_the_resync_shows_a_gap_a_wait_and_a_wrong_hash() -> None:
    shown = [(s["action"], s.get("applied")) for s in steps_of("resync")]
    refused, held = ("apply", False), ("hold", None)
    assert [x for x in shown if x != ("apply", True)] == [refused, refused, held, refused, held]
    before, *after = [len(u.contents) for u in messages_of("resync") if u.snapshot]
    assert all(count < before for count in after)


def test_the_resumed_call_gets_no_content_it_holds_and_another_build_all() -> None:
    first, again, other = (len(u.contents) for u in messages_of("resume") if u.snapshot)
    assert (first > 0, again, other > 0) == (True, 0, True)


def test_the_work_zone_comes_begins_grows_and_goes() -> None:
    updates = messages_of("work_zone")
    states = [x.state for u in updates for x in u.work_zone_placements]
    assert sorted(set(states)) == [2, 3]
    assert sum(len(u.work_zone_contents) for u in updates) == 2
    assert list(updates[-1].removed_work_zone_ids) == ["zone-ä1"]


def test_the_switch_passes_and_rain_sends_limits_alone() -> None:
    _, _, rain, night = messages_of("switch")
    for update in (rain, night):
        assert update.limit_spans
        assert not (update.contents or update.paths or update.link_placements or update.coverage_spans)
    says = [[(x.posted_value_milli, x.certain) for x in u.limit_spans] for u in (rain, night)]
    assert says == [[(60_000, True)], [(30_000, True)]]
    before = messages_of("switch")[0].limit_spans[0]
    assert (before.posted_value_milli, before.certain) == (50_000, False)
    assert night.limit_spans[0].next_change_us > before.next_change_us > 0


def test_the_damaged_tile_is_said_to_be_damaged() -> None:
    first: Update = decode_update(frames_of("damaged_tile")[0])
    assert first.health is not None
    assert "checksum" in first.health.reason
    states = {x.state for u in messages_of("damaged_tile") for x in u.coverage_spans}
    assert states == {
        horizon_pb2.COVERAGE_STATE_PRESENT,
        horizon_pb2.COVERAGE_STATE_ABSENT,
        horizon_pb2.COVERAGE_STATE_FAILED,
    }
