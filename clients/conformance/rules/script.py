"""A stream being written down: what the server sends, and what a client must then hold.

The server's side is a state that changes; the expected side is this package's own reconstructor, checked
after every step against the server's state, item by item.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mapprior.horizon.events import Open
from mapprior.horizon.granted import Granted
from mapprior.horizon.items import Content, Health, HealthState, Item, Update
from mapprior.horizon.update import PathItems, State, diff, state_hash
from mapprior.horizon.vehicle_position import Position, PositionCandidate
from mapprior.model.ids import LinkId, PathId
from mapprior.model.pose import MatchState
from mapprior.reader.as_json import as_json
from mapprior.reader.reconstructor import Reconstructor
from mapprior.tile.codec import decode_content
from mapprior.wire.updates import decode_update, encode_update
from mapprior.wire.zones import decode_zone

START_TIME_US = 1_750_000_000_000_000
STEP_US = 100_000
NAMES = ("", "path", "link", "limit", "coverage", "work zone", "content", "work zone content", "basis", "border")
LENGTH = struct.Struct("<I")


class Script:
    """One vector: frames, and a step for each."""

    def __init__(self, describes: str) -> None:
        self.describes = describes
        self.frames: list[bytes] = []
        self.steps: list[dict[str, Any]] = []
        self.state = State()
        self.index = 0
        self._client = Reconstructor(decode_content, decode_zone, opened=Open())

    def send(
        self,
        state: State | None = None,
        *,
        at: tuple[int, LinkId, int] | None = None,
        position: Position | None = None,
        health: Health | None = None,
        snapshot: bool = False,
        base: State | None = None,
        lost: bool = False,
        wrong_hash: bool = False,
        granted: Granted | None = None,
        tail: bytes = b"",
    ) -> None:
        """The server goes on to `state` and says so.

        `at` is (path, link, offset in cm on both) of a vehicle that is tracked. `base` is what a snapshot starts
        from: the content held. A `lost` update is not in the vector; one with `wrong_hash` says a hash that does
        not fit; `tail` is appended to the message. What is `granted` comes with a snapshot.
        """
        new = self.state if state is None else state
        change = diff((base or State()) if snapshot else self.state, new)
        self.state = new
        self.index += 1
        update = Update(
            self.index,
            snapshot,
            START_TIME_US + self.index * STEP_US,
            position or (None if at is None else tracked(*at)),
            health or (Health(HealthState.OK) if snapshot else None),
            change.items,
            change.removed,
            state_hash(new) ^ (1 if wrong_hash else 0),
            granted,
        )
        if not lost:
            self._take(encode_update(update) + tail)

    def hold(self) -> State:
        """The client names what it holds, as for a resync or a resumed call; the state a snapshot may start from."""
        held = self._client.held_content()
        assert held is not None
        contents = {Content(x).key: self.state.contents[Content(x).key] for x in held.contents}
        self.steps.append(
            {
                "action": "hold",
                "held": {
                    "build_ids": sorted(held.build_ids),
                    "contents": [
                        {"group": x.group.name, "link_id": str(x.link_id), "digest": f"{x.digest:016x}"}
                        for x in sorted(held.contents, key=lambda x: (x.link_id, x.group))
                    ],
                },
            }
        )
        return State(contents=contents)

    def new_call(self) -> None:
        """The call broke and was opened again: indexes count anew."""
        self.index = 0

    def _take(self, frame: bytes) -> None:
        update = decode_update(frame)
        applied = self._client.apply(update, 0)
        step: dict[str, Any] = {
            "action": "apply",
            "frame": len(self.frames),
            "applied": applied,
            "needs_resync": self._client.needs_resync,
        }
        if applied:
            assert self._client.state == self.state, "the client holds another state than the server"
            assert state_hash(self.state) == update.state_hash
            step["update_index"] = update.update_index
            step["state_hash"] = f"{update.state_hash:016x}"
            step["items"] = dict(sorted((name(x), f"{x.hash64():016x}") for x in self.state.items()))
            step["horizon"] = as_json(self._client)
        self.frames.append(frame)
        self.steps.append(step)

    def binary(self) -> bytes:
        """Each frame behind its length: 4 bytes, little-endian."""
        return b"".join(LENGTH.pack(len(frame)) + frame for frame in self.frames)

    def text(self) -> str:
        return json.dumps({"describes": self.describes, "steps": self.steps}, ensure_ascii=False, indent=1) + "\n"


def read_frames(binary: bytes) -> Iterator[bytes]:
    """The frames of a vector. ValueError where the last one is cut."""
    at = 0
    while at < len(binary):
        (length,) = LENGTH.unpack_from(binary, at)
        at += LENGTH.size + length
        if at > len(binary):
            raise ValueError("the last frame is cut")
        yield binary[at - length : at]


def name(item: Item) -> str:
    """An item's key in words: `limit 1 0`."""
    tag, *rest = item.key
    words = [NAMES[int(tag)], *(x.name if hasattr(x, "name") else str(x) for x in rest)]
    return " ".join(words)


def tracked(path: int, link: LinkId, offset_cm: int) -> Position:
    """A vehicle on a path, as far along its link as along the path."""
    place = PositionCandidate(PathId(path), offset_cm, link, offset_cm, -12, 3, 970)
    return Position(MatchState.TRACKING, "", (place,))


def with_path(state: State, on_path: PathItems) -> State:
    """The state with this path in place of the one of its id."""
    return replace(state, paths={**state.paths, on_path.path.path_id: on_path})


def with_contents(state: State, *items: Content) -> State:
    return replace(state, contents={**state.contents, **{x.key: x for x in items}})
