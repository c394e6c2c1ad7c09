"""A drive being recorded: what a pure session sends, with the faults of a line where the story wants them.

The expected state is the session's own, so a client is right when it holds what the server believes it holds. The
files have the form of the rule vectors (`../rules/README.md`); items are given where the hash changed, the whole
horizon at the end.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from clients.conformance.rules.script import LENGTH, name
from mapprior.horizon.events import AcknowledgementEvent, Event, HeldContent, Open, PoseEvent, ResyncEvent, TileArrived
from mapprior.horizon.items import Update
from mapprior.horizon.session import Session
from mapprior.horizon.update import State, state_hash
from mapprior.market.law import MarketLaw
from mapprior.model.ids import TileId
from mapprior.model.pose import Pose
from mapprior.model.provenance import Layer
from mapprior.reader.as_json import as_json
from mapprior.reader.reconstructor import Reconstructor
from mapprior.tile.codec import decode_content
from mapprior.wire.updates import decode_update, encode_update
from mapprior.wire.zones import decode_zone
from tests.asciimap import Drawn

TZDATA_VERSION = "2026a"
SEC = 1_000_000


class Recorder:
    """One stream. A story says what happens; it writes down what the client gets and must hold."""

    def __init__(self, describes: str, drawn: Drawn) -> None:
        self.describes = describes
        self.drawn = drawn
        self.laws: Mapping[int, MarketLaw] = {}  # by dataset id; without one no clock is known
        self.failing: dict[tuple[Layer, TileId], str] = {}
        self.frames: list[bytes] = []
        self.steps: list[dict[str, Any]] = []
        self._client = Reconstructor(decode_content, decode_zone, opened=Open())
        self._expected = State()
        self._hash = 0
        self._now_us = SEC

    def call(self, opened: Open, *, resume: bool = False) -> None:
        """A new call; with `resume` it names what the client holds."""
        held = self._hold() if resume else None
        self._session = Session(
            datasets=self.drawn.datasets,
            market_pack_digest="0123456789abcdef",
            tzdata_version=TZDATA_VERSION,
            laws=self.laws,
        )
        self.send(replace(opened, held=held))

    def resync(self) -> None:
        self.send(ResyncEvent(self._hold()))

    def send(self, event: Event) -> None:
        """The event, and every tile that the session then wants."""
        self._session.receive(event, self._now_us)
        while wanted := self._session.wanted_tiles():
            layer, tile = key = wanted[0]
            held = self.drawn.network.tiles_of(layer)
            reason = self.failing.get(key, "")
            found = None if reason else held.get(tile)
            self._session.receive(TileArrived(layer, tile, found, reason), self._now_us)

    def drive(self, poses: Iterable[Pose]) -> None:
        """Each pose answered at once."""
        for pose in poses:
            self.pose(pose)
            self.deliver(self.take())

    def pose(self, pose: Pose) -> None:
        self._now_us += SEC
        self.send(PoseEvent(pose))

    def wake(self, after_us: int) -> None:
        """Time passes without a pose."""
        self._now_us += after_us
        self._session.wake(self._now_us)

    def take(self) -> Update:
        """What the server sends now; lost where it is not delivered."""
        update = self._session.take_update(self._now_us)
        assert update is not None
        self._expected = self._session.state()
        return update

    def deliver(self, update: Update) -> None:
        """The update reaches the client, which acknowledges it where it could be applied."""
        frame = encode_update(update)
        applied = self._client.apply(decode_update(frame), self._now_us)
        step: dict[str, Any] = {
            "action": "apply",
            "frame": len(self.frames),
            "applied": applied,
            "needs_resync": self._client.needs_resync,
        }
        if applied:
            assert state_hash(self._expected) == update.state_hash
            step |= {"update_index": update.update_index, "state_hash": f"{update.state_hash:016x}"}
            if update.state_hash != self._hash:
                step["items"] = {name(x): f"{x.hash64():016x}" for x in self._expected.items()}
            self._hash = update.state_hash
            self.send(AcknowledgementEvent(update.update_index))
        self.frames.append(frame)
        self.steps.append(step)

    def binary(self) -> bytes:
        """Each frame behind its length."""
        return b"".join(LENGTH.pack(len(frame)) + frame for frame in self.frames)

    def text(self) -> str:
        """One step per line, so that a reviewer sees which one changed."""
        last = {**self.steps[-1], "horizon": as_json(self._client)}
        steps = ",\n".join(json.dumps(x, sort_keys=True, ensure_ascii=False) for x in [*self.steps[:-1], last])
        return f'{{"describes": {json.dumps(self.describes, ensure_ascii=False)},\n"steps": [\n{steps}\n]}}\n'

    def _hold(self) -> HeldContent | None:
        held = self._client.held_content()
        assert held is not None
        contents = sorted(held.contents, key=lambda x: (x.link_id, x.group))
        self.steps.append(
            {
                "action": "hold",
                "held": {
                    "build_ids": sorted(held.build_ids),
                    "contents": [
                        {"group": x.group.name, "link_id": str(x.link_id), "digest": f"{x.digest:016x}"}
                        for x in contents
                    ],
                },
            }
        )
        return held
