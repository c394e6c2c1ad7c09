"""Whatever a server says, a client that knows nothing but the protos holds the same: vectors, items, whole drives."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.conformance.drives import generate as drives
from clients.conformance.rules import generate as rules
from mapprior.horizon.digest import MASK64, bytes_digest
from mapprior.horizon.events import Open
from mapprior.horizon.items import Item, Update
from mapprior.model.limit import LimitAlternative, LimitKind, SpeedUnit
from mapprior.model.provenance import Layer
from mapprior.model.work_zone import PlacedZone, WorkZone
from mapprior.v1 import horizon_pb2, horizon_service_pb2
from mapprior.wire.updates import decode_update, encode_update
from mapprior.wire.zones import encode_zone
from tests.asciimap import START_TIME_US, Drawn, draw
from tests.horizon.pair import Pair, whole
from tests.wire.examples import ITEMS
from tests.wire.plain_client import PlainClient, item_hash, items_of

OPENED = Open(horizon_length_m=400, trailing_length_m=50, stub_length_m=100)
VECTORS = sorted([*rules.VECTORS.glob("*.bin"), *drives.VECTORS.glob("*.bin")])


def parsed(data: bytes) -> horizon_pb2.HorizonUpdate:
    return horizon_service_pb2.StreamHorizonResponse.FromString(data).update


def frames_of(data: bytes) -> list[bytes]:
    """Read by hand, from the README's words."""
    frames, at = [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "little")
        frames.append(data[at + 4 : end])
        at = end
    return frames


@pytest.mark.parametrize("file", VECTORS, ids=lambda file: f"{file.parts[-3]}-{file.stem}")
def test_the_vectors_can_be_passed_with_the_protos_alone(file: Path) -> None:
    frames = frames_of(file.read_bytes())
    client = PlainClient()
    for step in json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))["steps"]:
        if step["action"] == "hold":
            held = client.held()
            assert list(held.build_ids) == step["held"]["build_ids"]
            assert {(x.link_id, x.digest) for x in held.contents} == {
                (int(x["link_id"]), int(x["digest"], 16)) for x in step["held"]["contents"]
            }
            continue
        assert (client.apply(parsed(frames[step["frame"]])) == "applied") is step["applied"]
        if step["applied"]:
            hashes = sorted(f"{item_hash(key[0], item):016x}" for key, item in client.items.items())
            assert f"{sum(int(x, 16) for x in hashes) & MASK64:016x}" == step["state_hash"]
            if "items" in step:
                assert hashes == sorted(step["items"].values())


@pytest.mark.parametrize("kind", range(len(ITEMS)))
@settings(max_examples=25)
@given(data=st.data())
def test_every_item_has_the_hash_that_the_proto_says(kind: int, data: st.DataObject) -> None:
    item: Item = data.draw(ITEMS[kind])
    ((key, message),) = items_of(parsed(encode_update(Update(1, False, 1, None, None, (item,), (), 0))))
    assert item_hash(key[0], message) == item.hash64()


@pytest.fixture(scope="module")
def town() -> Drawn:
    """Link ids above 2^63, text outside ASCII, side streets."""
    return draw(
        """
        A---B---C---D
            |   |
            E---F---G
        """,
        ways={"ABCD": {"maxspeed_kmh": 50, "lanes": 1, "name": "Königstraße 東"}, "BE": {"maxspeed_mph": 20}},
        dataset_id=65_535,
    )


@pytest.fixture(scope="module")
def motorway() -> Drawn:
    return draw("A---B---C---D---E---F", ways={"ABCDEF": {"maxspeed_kmh": 120, "oneway": True, "lanes": 2}})


def overheard(pair: Pair, client: PlainClient | None = None, *, since: int = 0) -> list[Any]:
    """Every update of a pair goes as bytes to a plain client, which then holds what the server says it holds."""
    client = client or PlainClient()
    updates = []
    for update in pair.updates[since:]:
        data = encode_update(update)
        back = decode_update(data)
        assert (back.update_index, back.state_hash, back.position, back.health) == (
            update.update_index, update.state_hash, update.position, update.health,
        )  # fmt: skip
        assert sorted(back.removed, key=repr) == sorted(update.removed, key=repr)
        message = parsed(data)
        assert client.apply(message) == "applied"
        updates.append(message)
    hashes = sorted(item_hash(key[0], item) for key, item in client.items.items())
    assert hashes == sorted(item.hash64() for item in pair.session.state().items())
    return updates


def test_a_drive_with_turns(town: Drawn) -> None:
    pair = Pair(town, OPENED)
    pair.drive(town.poses("ABEFCD", speed_mps=18.7, rate_hz=1.0))
    updates = overheard(pair)
    assert any(u.removed_path_ids for u in updates)
    assert all(x.link_id > 1 << 63 for u in updates for x in u.link_placements)


def test_a_drive_of_a_client_that_can_hold_little(motorway: Drawn) -> None:
    pair = Pair(motorway, replace(OPENED, content_held_bytes_max=900))
    pair.drive(motorway.poses("ABCDEF", speed_mps=40.7, rate_hz=1.0))
    updates = overheard(pair)
    assert any(u.evicted_contents for u in updates)
    assert any(p.first_offset_cm for u in updates for p in u.paths)


def test_a_drive_past_a_work_zone(motorway: Drawn) -> None:
    zone = WorkZone(
        id="zone-ä1",
        source="made up",
        start_time_us=START_TIME_US,
        end_time_us=START_TIME_US + 3_600_000_000,
        lat_e7=(500_000_000, 500_000_000),
        lon_e7=(80_035_000, 80_070_000),
        confidence_permille=800,
        place_sigma_cm=1000,
        limit=LimitAlternative(LimitKind.LIMITED, 60_000, SpeedUnit.KMH, "", "60"),
    )
    payload = encode_zone(zone)
    pair = Pair(motorway, OPENED)
    poses = motorway.poses("ABCDEF", speed_mps=25.3, rate_hz=1.0)
    pair.drive(poses[:3])
    pair.publish(1, PlacedZone(zone, tuple(whole(motorway, zone.id, "BC")), payload, bytes_digest(payload)))
    pair.pump()
    pair.drive(poses[3:6])
    pair.publish(2)
    pair.pump()
    updates = overheard(pair)
    assert any(u.work_zone_contents for u in updates)
    assert any(u.removed_work_zone_ids for u in updates)


def test_a_drive_whose_lane_tiles_cannot_be_read(motorway: Drawn) -> None:
    pair = Pair(motorway, OPENED, tiles=False)
    pair.failing = {(Layer.L2, tile): "the checksum does not fit – 損" for tile in motorway.lane_tiles}
    pair.tiles = True
    pair.drive(motorway.poses("ABC", speed_mps=25.3, rate_hz=1.0))
    spans = [x for u in overheard(pair) for x in u.coverage_spans]
    assert horizon_pb2.COVERAGE_STATE_FAILED in {x.state for x in spans}


def test_a_resync_and_a_new_call_in_the_middle(motorway: Drawn) -> None:
    """Both clients lose an update, name the same content, and get a snapshot without it."""
    pair, client = Pair(motorway, OPENED), PlainClient()
    poses = iter(motorway.poses("ABCDEF", speed_mps=31.3, rate_hz=1.0))
    pair.drive([next(poses) for _ in range(4)])
    overheard(pair, client)
    for begin_again in (pair.resync, pair.resume):
        count = len(pair.updates)
        pair.pose(next(poses))
        pair.take()
        pair.line.clear()  # lost
        held = client.held()
        assert len(held.contents) == len(pair.reconstructor.state.contents)
        begin_again()
        pair.drive([next(poses), next(poses)])
        snapshot, *_ = overheard(pair, client, since=count)
        assert snapshot.snapshot
        named = {(x.group, x.link_id) for x in held.contents}
        assert named
        assert not any((x.group, x.link_id) in named for x in snapshot.contents)
