"""The update's bytes: spliced ones are the ones protobuf reads, and come back as what went in."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import RequestError
from mapprior.horizon.digest import bytes_digest
from mapprior.horizon.items import Content, Update, WorkZoneContent
from mapprior.horizon.vehicle_position import Position, PositionCandidate
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId, PathId
from mapprior.model.pose import MatchState
from mapprior.model.provenance import ProfileGroup
from mapprior.v1 import horizon_pb2, horizon_service_pb2
from mapprior.wire.positions import position_bytes
from mapprior.wire.updates import decode_update, encode_update
from mapprior.wire.varint import varint
from tests.wire.examples import ITEMS, KEYS, updates

HERE = Position(MatchState.TRACKING, "", (PositionCandidate(PathId(1), 5, LinkId(2), 3, -4, 5, 900),))


def update(**fields: object) -> Update:
    values = {
        "update_index": 1,
        "snapshot": False,
        "pose_time_us": 7,
        "position": HERE,
        "health": None,
        "items": (),
        "removed": (),
        "state_hash": 9,
    } | fields
    return Update(**values)  # type: ignore[arg-type]


@settings(max_examples=80)
@given(updates())
def test_an_update_comes_back(sent: Update) -> None:
    assert decode_update(encode_update(sent)) == sent


@pytest.mark.parametrize("kind", range(len(ITEMS)))
@settings(max_examples=20)
@given(data=st.data())
def test_every_kind_of_item_comes_back_with_its_hash(kind: int, data: st.DataObject) -> None:
    item = data.draw(ITEMS[kind])
    (back,) = decode_update(encode_update(update(items=(item,)))).items
    assert back == item
    assert back.hash64() == item.hash64()


@pytest.mark.parametrize("kind", range(len(KEYS)))
@settings(max_examples=20)
@given(data=st.data())
def test_every_kind_of_removal_comes_back(kind: int, data: st.DataObject) -> None:
    key = data.draw(KEYS[kind])
    assert decode_update(encode_update(update(removed=(key,)))).removed == (key,)


@settings(max_examples=50)
@given(updates(), st.randoms())
def test_the_order_in_which_items_come_does_not_matter(sent: Update, shuffle: random.Random) -> None:
    items, removed = list(sent.items), list(sent.removed)
    shuffle.shuffle(items)
    shuffle.shuffle(removed)
    mixed = update(items=tuple(items), removed=tuple(removed))
    back = decode_update(encode_update(mixed))
    assert sorted(map(repr, back.items)) == sorted(map(repr, items))
    assert sorted(map(repr, back.removed)) == sorted(map(repr, removed))


@settings(max_examples=50)
@given(updates())
def test_spliced_bytes_say_what_protobuf_itself_would_write(sent: Update) -> None:
    message = horizon_service_pb2.StreamHorizonResponse.FromString(encode_update(sent))
    assert decode_update(message.SerializeToString()) == sent


@settings(max_examples=150)
@given(updates())
def test_all_but_spliced_contents_is_byte_for_byte_what_protobuf_writes(sent: Update) -> None:
    """These come after all other fields; the rest by number."""
    unspliced = replace(sent, items=tuple(x for x in sent.items if not isinstance(x, Content | WorkZoneContent)))
    for one in (unspliced, update(position=sent.position, update_index=sent.update_index)):
        data = encode_update(one)
        assert horizon_service_pb2.StreamHorizonResponse.FromString(data).SerializeToString() == data


@settings(max_examples=60)
@given(updates(), st.data())
def test_whole_in_pieces_and_with_rubbish_after_it(sent: Update, data: st.DataObject) -> None:
    """A piece or rubbish gives an update or RequestError, never anything else."""
    whole = encode_update(sent)
    piece = whole[: data.draw(st.integers(0, len(whole)))]
    for damaged in (piece, whole + data.draw(st.binary(min_size=1, max_size=20))):
        try:
            decode_update(damaged)
        except RequestError:
            continue


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_garbage_gives_a_request_error_or_an_update(garbage: bytes) -> None:
    try:
        assert isinstance(decode_update(garbage), Update)
    except RequestError:
        return


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("position.state", {"position": {"state": 99}}),
        ("position.state", {"position": {"state": 0}}),
        ("health.state", {"health": {"state": 99}}),
        ("limit_span.kind", {"limit_spans": [{"kind": 99, "basis": 1}]}),
        ("limit_span.posted_unit", {"limit_spans": [{"kind": 1, "basis": 1, "posted_unit": 99}]}),
        ("limit_span.basis", {"limit_spans": [{"kind": 1, "basis": 0}]}),
        ("coverage_span.layer", {"coverage_spans": [{"layer": 99, "state": 1}]}),
        ("coverage_span.state", {"coverage_spans": [{"layer": 1, "state": 99}]}),
        ("work_zone_placement.state", {"work_zone_placements": [{"state": 99}]}),
        ("content.group", {"contents": [{"group": 99, "digest": bytes_digest(b"")}]}),
        ("removed_coverage_span.layer", {"removed_coverage_spans": [{"layer": 99}]}),
        ("evicted_content.group", {"evicted_contents": [{"group": 99}]}),
    ],
)
def test_a_number_that_no_enum_knows_is_named(field: str, message: dict[str, object]) -> None:
    data = horizon_service_pb2.StreamHorizonResponse(update={"update_index": 1, **message})  # type: ignore[arg-type]
    with pytest.raises(RequestError, match=field):
        decode_update(data.SerializeToString())


def test_a_payload_that_does_not_fit_its_digest_is_refused() -> None:
    content = Content(EncodedContent(ProfileGroup.ROAD, LinkId(1), bytes_digest(b"a"), b"b"))
    zone = WorkZoneContent("z", bytes_digest(b"a"), b"b")
    for item in (content, zone):
        with pytest.raises(RequestError, match="digest"):
            decode_update(encode_update(update(items=(item,))))


def test_updates_count_from_one() -> None:
    with pytest.raises(RequestError, match="update_index"):
        decode_update(b"")


def test_the_basis_cannot_be_removed() -> None:
    with pytest.raises(ValueError, match="cannot be removed"):
        encode_update(update(removed=((8,),)))


@given(st.integers(0, (1 << 64) - 1))
def test_varint_is_that_of_protobuf(value: int) -> None:
    field_1 = horizon_service_pb2.StreamHorizonResponse(update={"update_index": value}).SerializeToString()  # type: ignore[arg-type]
    expected = b"" if value == 0 else b"\x08" + varint(value)
    assert field_1 == b"\x0a" + varint(len(expected)) + expected


def test_a_varint_holds_no_negative_number() -> None:
    with pytest.raises(ValueError, match="negative"):
        varint(-1)


def test_doubt_of_the_road_is_told_with_the_position() -> None:
    for in_doubt in (False, True):
        position = Position(MatchState.TRACKING, "", HERE.candidates, road_in_doubt=in_doubt)
        message = horizon_pb2.Position.FromString(position_bytes(position))
        assert message.road_in_doubt is in_doubt
        assert message.SerializeToString() == position_bytes(position)
        assert decode_update(encode_update(update(position=position))).position == position
