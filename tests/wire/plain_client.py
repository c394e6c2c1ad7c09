"""A client's state written from the text of `horizon.proto` alone: dicts of messages, no class of the package.

It shares nothing with `mapprior.horizon` but the protos, so that a fault in one does not hide in the other. About as
much as a client in another language needs.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from google.protobuf.json_format import MessageToDict

from mapprior.v1 import drive_pb2, horizon_pb2

# What makes up the key of an item within its list, by the name of the list in HorizonUpdate.
KEY_FIELDS = {
    "contents": ("group", "link_id"),
    "work_zone_contents": ("work_zone_id",),
    "paths": ("path_id",),
    "link_placements": ("path_id", "start_offset_cm"),
    "limit_spans": ("path_id", "start_offset_cm"),
    "coverage_spans": ("path_id", "layer", "start_offset_cm"),
    "work_zone_placements": ("path_id", "work_zone_id", "start_offset_cm"),
    "borders": ("path_id", "offset_cm"),
}
PLACED = ("link_placements", "limit_spans", "coverage_spans", "work_zone_placements", "borders")
Items = dict[tuple[Any, ...], Any]  # (list, key...) -> message


def digest(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


def integers(values: Iterable[int | str]) -> bytes:
    """8 bytes each, little-endian, two's complement; a string by its digest."""
    numbers = (digest(v.encode()) if isinstance(v, str) else v for v in values)
    return b"".join((v % 2**64).to_bytes(8, "little") for v in numbers)


def item_hash(name: str, item: Any) -> int:
    """The number an item adds to the state hash."""
    tag, values = _hashed(name, item)
    return digest(bytes([tag]) + integers(values))


def _posted(x: Any) -> bytes:
    posted = [x.posted_value_milli, x.posted_unit, x.speed_mm_per_sec, x.raw]
    return integers([*posted, x.basis, x.confidence_permille])


def _hashed(name: str, x: Any) -> tuple[int, list[int | str]]:
    match name:
        case "paths":
            head = [x.path_id, x.parent_path_id, x.offset_on_parent_cm]
            return 1, [*head, x.first_offset_cm, x.end_offset_cm, x.probability_ppm, x.turn_angle_mrad]
        case "link_placements":
            return 2, [x.path_id, x.start_offset_cm, x.length_cm, x.link_id]
        case "limit_spans":
            unresolved = digest(
                b"".join(
                    integers([a.kind, a.posted_value_milli, a.posted_unit, a.condition, a.raw]) for a in x.unresolved
                )
            )
            head = [x.path_id, x.start_offset_cm, x.end_offset_cm, x.kind, x.posted_value_milli, x.posted_unit]
            trust = [x.limit_mm_per_sec, x.basis, x.confidence_permille, x.certain]
            speeds = [
                digest(_posted(v) if is_set else b"")
                for v, is_set in ((x.advisory, x.HasField("advisory")), (x.minimum, x.HasField("minimum")))
            ]
            lanes = digest(
                b"".join(
                    integers(
                        [
                            a.lane_index,
                            a.kind,
                            a.posted_value_milli,
                            a.posted_unit,
                            a.limit_mm_per_sec,
                            a.certain,
                            a.raw,
                        ]
                    )
                    for a in x.lanes
                )
            )
            said = [x.raw, x.source, x.work_zone_id, unresolved]
            return 3, [*head, *trust, *said, *speeds, lanes, x.next_change_us]
        case "coverage_spans":
            return 4, [x.path_id, x.layer, x.start_offset_cm, x.end_offset_cm, x.state, x.reason]
        case "work_zone_placements":
            place = [x.path_id, x.work_zone_id, x.start_offset_cm, x.end_offset_cm]
            return 5, [*place, x.state, x.match_permille, x.lanes_apply]
        case "contents":
            return 6, [x.group, x.link_id, x.digest]
        case "work_zone_contents":
            return 7, [x.work_zone_id, x.digest]
        case "basis":
            releases = digest(b"".join(integers([r.market, r.dataset_id, r.build_id]) for r in x.releases))
            return 8, [releases, x.market_pack_digest, x.tzdata_version, x.overlay_number]
        case "borders":
            markets = [x.from_market, x.to_market, x.from_driving_side, x.to_driving_side]
            return 9, [x.path_id, x.offset_cm, x.state, *markets, x.from_speed_unit, x.to_speed_unit]
    raise AssertionError(name)


def items_of(update: horizon_pb2.HorizonUpdate) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """(key, item) of everything an update puts."""
    if update.HasField("basis"):
        yield ("basis",), update.basis
    for name, fields in KEY_FIELDS.items():
        for item in getattr(update, name):
            yield (name, *(getattr(item, field) for field in fields)), item


def removals_of(update: horizon_pb2.HorizonUpdate) -> Iterator[tuple[Any, ...]]:
    for name in PLACED:
        for key in getattr(update, f"removed_{name}"):
            yield (name, *(getattr(key, field) for field in KEY_FIELDS[name]))
    for key in update.evicted_contents:
        yield "contents", key.group, key.link_id
    for work_zone_id in update.removed_work_zone_ids:
        yield "work_zone_contents", work_zone_id
    for path_id in update.removed_path_ids:
        yield "paths", path_id


def _end_cm(name: str, item: Any) -> int:
    """An item of a path that ends at or before the path's first offset is erased; a border, if it lies before."""
    if name == "borders":
        return item.offset_cm + 1  # type: ignore[no-any-return]
    return item.start_offset_cm + item.length_cm if name == "link_placements" else item.end_offset_cm  # type: ignore[no-any-return]


class PlainClient:
    """One drive. `named` is what was named as held in the newest call or resync."""

    def __init__(self) -> None:
        self.items: Items = {}
        self.update_index = 0
        self.awaits_snapshot = True
        self.named: drive_pb2.HeldContent | None = None
        self.position = horizon_pb2.Position()
        self.health = horizon_pb2.Health()

    def apply(self, update: horizon_pb2.HorizonUpdate) -> str:
        """`applied`, `refused` (ask for a snapshot now) or `ignored` (one is awaited)."""
        if not update.snapshot and self.awaits_snapshot:
            return "ignored"
        if not update.snapshot and update.update_index != self.update_index + 1:
            self.awaits_snapshot = True
            return "refused"
        items = self._base(update) if update.snapshot else dict(self.items)
        self._remove(items, update)
        items.update(items_of(update))
        if sum(item_hash(key[0], item) for key, item in items.items()) % 2**64 != update.state_hash:
            self.awaits_snapshot = True
            return "refused"
        for key, item in items.items():
            if key[0] in ("contents", "work_zone_contents"):
                assert digest(item.payload) == item.digest
        self.items, self.update_index, self.awaits_snapshot = items, update.update_index, False
        self.position = update.position if update.HasField("position") else self.position
        self.health = update.health if update.HasField("health") else self.health
        return "applied"

    def _base(self, update: horizon_pb2.HorizonUpdate) -> Items:
        """Before a snapshot: nothing, or the content named, if all its builds are served."""
        served = {release.build_id for release in update.basis.releases}
        if self.named is None or not set(self.named.build_ids) <= served:
            return {}
        named = {("contents", x.group, x.link_id) for x in self.named.contents}
        return {key: item for key, item in self.items.items() if key in named}

    def _remove(self, items: Items, update: horizon_pb2.HorizonUpdate) -> None:
        gone = set(update.removed_path_ids)
        erased = {path.path_id: path.first_offset_cm for path in update.paths}
        for key, item in list(items.items()):
            if key[0] not in PLACED:
                continue
            end_cm = _end_cm(key[0], item)
            if item.path_id in gone or (item.path_id in erased and end_cm <= erased[item.path_id]):
                del items[key]
        for key in removals_of(update):
            items.pop(key, None)

    def held(self) -> drive_pb2.HeldContent:
        """What to name in a resync or in the open of the next call; from here on only a snapshot counts."""
        contents = sorted(key for key in self.items if key[0] == "contents")
        self.named = drive_pb2.HeldContent(
            build_ids=sorted(r.build_id for r in self.items[("basis",)].releases),
            contents=[{"group": k[1], "link_id": k[2], "digest": self.items[k].digest} for k in contents],  # type: ignore[list-item]
        )
        self.awaits_snapshot = True
        return self.named

    def state_json(self) -> dict[str, Any]:
        """As the golden vectors write it."""
        message = horizon_pb2.HorizonUpdate()
        for key in sorted(self.items, key=lambda key: (key[0], key[1:])):
            if key[0] == "basis":
                message.basis.CopyFrom(self.items[key])
            else:
                item = getattr(message, key[0]).add()
                item.CopyFrom(self.items[key])
                if key[0] in ("contents", "work_zone_contents"):
                    item.ClearField("payload")
        return dict(MessageToDict(message, preserving_proto_field_name=True))
