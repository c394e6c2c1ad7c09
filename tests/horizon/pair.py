"""Both ends at once: a session and a reconstructor, with tiles, delays and faults as a test wants them.

After every update that is applied, the reconstructed state must equal the state the server had when it made the
update, and obey the laws of a horizon (`check`).
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from mapprior.horizon.drive_limits import DriveLaw
from mapprior.horizon.events import (
    AcknowledgementEvent,
    Event,
    Open,
    OverlayChanged,
    PoseEvent,
    ResyncEvent,
    TileArrived,
)
from mapprior.horizon.items import ROOT, CoverageSpan, LimitSpan, LinkPlacement, Update
from mapprior.horizon.session import NO_LAWS, Session
from mapprior.horizon.update import PathItems, State, state_hash
from mapprior.model.ids import LinkId, TileId
from mapprior.model.link import Link
from mapprior.model.network import DatasetInfo
from mapprior.model.pose import MatchState, Pose
from mapprior.model.provenance import Layer
from mapprior.model.work_zone import Overlay, PlacedZone, WorkZone, ZoneOnLink
from mapprior.reader.reconstructor import Reconstructor
from mapprior.tile.codec import decode_content
from tests.asciimap import Drawn

ZONES: dict[bytes, WorkZone] = {}  # what a payload stands for; the real codec lies above this room


def placed(zone: WorkZone, *spans: ZoneOnLink) -> PlacedZone:
    payload = repr(zone).encode()
    ZONES[payload] = zone
    return PlacedZone(zone, spans, payload, hash(payload) & 0xFFFFFFFF)


def overlay(number: int, *zones: PlacedZone) -> Overlay:
    by_link: dict[int, tuple[ZoneOnLink, ...]] = {}
    for z in zones:
        for span in z.spans:
            by_link[span.link_id] = (*by_link.get(span.link_id, ()), span)
    return Overlay(number, {z.zone.id: z for z in zones}, by_link)  # type: ignore[arg-type]


def whole(drawn: Drawn, zone_id: str, letters: str, match_permille: int = 900) -> list[ZoneOnLink]:
    """A zone over whole links."""
    links = [drawn.link(a + b) for a, b in pairwise(letters)]
    return [ZoneOnLink(zone_id, x.link_id, 0, x.length_cm, match_permille, True) for x in links]


class Pair:
    """`tiles=False`: tiles come only when `serve` is called."""

    def __init__(
        self,
        drawn: Drawn,
        opened: Open | None = None,
        *,
        tiles: bool = True,
        laws: Mapping[int, DriveLaw] = NO_LAWS,
    ) -> None:
        self.drawn = drawn
        self.laws = laws
        self.opened = opened or Open()
        self.tiles = tiles
        self.failing: dict[tuple[Layer, TileId], str] = {}
        self.absent: set[tuple[Layer, TileId]] = set()
        self.now_us = 1_000_000
        self.datasets: Sequence[DatasetInfo] = drawn.datasets
        self.reconstructor = Reconstructor(decode_content, lambda payload: ZONES[payload], opened=self.opened)
        self.line: deque[tuple[Update, State]] = deque()
        self.updates: list[Update] = []
        self.asked: deque[Event] = deque()  # sent by the client, not heard yet
        self.connect(self.opened)

    def connect(self, opened: Open) -> None:
        """A new call; what is on the line is lost."""
        self.opened = opened
        self.line.clear()
        self.asked.clear()
        self.session = Session(datasets=self.datasets, market_pack_digest="ab", tzdata_version="2026a", laws=self.laws)
        self.send(opened)

    def send(self, event: Event) -> None:
        self.hear(len(self.asked))
        self.session.receive(event, self.now_us)
        if self.tiles:
            self.serve()

    def serve(self, limit: int = 1000, *, layer: Layer | None = None) -> int:
        """Answers wanted tiles, most urgent first."""
        count = 0
        while count < limit:
            wanted = [x for x in self.session.wanted_tiles() if layer is None or x[0] is layer]
            if not wanted:
                break
            self.answer(wanted[0])
            count += 1
        return count

    def answer(self, key: tuple[Layer, TileId]) -> None:
        layer, tile = key
        held = self.drawn.network.tiles_of(layer)
        reason = self.failing.get(key, "")
        found = None if reason or key in self.absent else held.get(tile)
        self.session.receive(TileArrived(layer, tile, found, reason), self.now_us)

    def take(self) -> Update | None:
        """Puts the next update on the line."""
        update = self.session.take_update(self.now_us)
        if update is not None:
            self.line.append((update, self.session.state()))
        return update

    def deliver(self) -> bool:
        """The oldest update on the line reaches the client."""
        if not self.line:
            return False
        update, expected = self.line.popleft()
        self.updates.append(update)
        if self.reconstructor.apply(update, self.now_us):
            assert self.reconstructor.state == expected
            assert state_hash(self.reconstructor.state) == update.state_hash
            check(expected, self.reconstructor.reported.state)
        else:  # a gap is no fault of either end; anything else is
            assert "hash" not in self.reconstructor.resync_reason
            assert "exist" not in self.reconstructor.resync_reason
        return True

    def acknowledge(self) -> None:
        self.send(AcknowledgementEvent(self.reconstructor.update_index))

    def resync(self) -> None:
        self.send(ResyncEvent(self.reconstructor.held_content()))

    def ask(self) -> None:
        """Sends a resync that the server hears later, but before what is sent after it."""
        self.asked.append(ResyncEvent(self.reconstructor.held_content()))

    def hear(self, count: int = 1) -> None:
        """The oldest of what was asked reaches the server."""
        for _ in range(min(count, len(self.asked))):
            self.session.receive(self.asked.popleft(), self.now_us)

    def resume(self, **changes: object) -> None:
        self.connect(replace(self.opened, held=self.reconstructor.held_content(new_call=True), **changes))  # type: ignore[arg-type]

    def pump(self) -> list[Update]:
        """Everything there is to say goes through, acknowledged one by one."""
        first = len(self.updates)
        while self.take() is not None or self.line:
            while self.deliver():
                pass
            self.acknowledge()
        return self.updates[first:]

    def pose(self, pose: Pose, *, step_us: int = 100_000) -> None:
        self.now_us += step_us
        self.send(PoseEvent(pose))

    def drive(self, poses: Iterable[Pose]) -> list[Update]:
        """Poses at their own pace, each answered at once."""
        first = len(self.updates)
        for pose in poses:
            self.pose(pose)
            self.pump()
        return self.updates[first:]

    # What a test asks

    @property
    def root(self) -> PathItems:
        root = self.reconstructor.root
        assert root is not None
        return root

    def letters(self, on_path: PathItems | None = None) -> str:
        """The nodes along a path; the root's unless said."""
        names = {v: k for k, v in self.drawn.link_ids.items()}
        links = [names[x.link_id] for x in (on_path or self.root).links]
        return links[0] + "".join(x[1] for x in links[1:])

    def sides(self) -> dict[str, PathItems]:
        """Side paths by their letters."""
        paths = self.reconstructor.state.paths.values()
        return {self.letters(p): p for p in paths if p.path.parent_path_id != ROOT}

    def publish(self, number: int, *zones: PlacedZone) -> None:
        self.send(OverlayChanged(overlay(number, *zones)))


def check(state: State, match: MatchState) -> None:
    """The laws of a horizon."""
    keys = [x.key for x in state.items()]
    assert len(keys) == len(set(keys))
    roots = [p for p in state.paths.values() if p.path.parent_path_id == ROOT]
    assert len(roots) == (1 if state.paths else 0)
    for on_path in state.paths.values():
        path = on_path.path
        assert 0 <= path.first_offset_cm < path.end_offset_cm
        covers(on_path.links, path.first_offset_cm, path.end_offset_cm, exact=True)
        covers(on_path.limits, path.first_offset_cm, path.end_offset_cm)
        for layer in {x.layer for x in on_path.coverage} | {Layer.L0, Layer.L2}:
            spans = [x for x in on_path.coverage if x.layer is layer]
            covers(spans, path.first_offset_cm, path.end_offset_cm)
        for zone in on_path.zones:
            assert zone.start_offset_cm < zone.end_offset_cm > path.first_offset_cm
            assert zone.end_offset_cm <= path.end_offset_cm
            assert zone.work_zone_id in state.zones
        if match is not MatchState.TRACKING:
            assert not any(x.limit.certain for x in on_path.limits)
    for root in roots:
        probabilities(state, root)


def covers(
    spans: Sequence[LinkPlacement | LimitSpan | CoverageSpan], first_cm: int, end_cm: int, *, exact: bool = False
) -> None:
    """In order, without gap or overlap; the first may reach further back unless `exact`."""
    assert spans
    assert spans[0].start_offset_cm == first_cm if exact else spans[0].start_offset_cm <= first_cm
    assert spans[0].end_offset_cm > first_cm
    for a, b in pairwise(spans):
        assert a.end_offset_cm == b.start_offset_cm
        assert a.start_offset_cm < a.end_offset_cm
    assert spans[-1].end_offset_cm == end_cm


def probabilities(state: State, root: PathItems) -> None:
    """At each offset of each path the children and the continuation sum to the chance of getting there.

    The continuation is what later offsets are reached with, so the children of one offset never take more than is
    left of the path's chance there, each goes another way, and none goes the way the path itself goes on.
    """
    assert root.path.probability_ppm == 1_000_000
    found = 0
    for parent in state.paths.values():
        children = sorted(
            (p.path for p in state.paths.values() if p.path.parent_path_id == parent.path.path_id),
            key=lambda p: p.offset_on_parent_cm,
        )
        found += len(children)
        reach_ppm = parent.path.probability_ppm
        onward = {x.start_offset_cm: x.link_id for x in parent.links}
        for offset_cm, group in groupby(children, key=lambda p: p.offset_on_parent_cm):
            leaving = list(group)
            assert offset_cm in onward  # the path goes on there
            ways = [onward[offset_cm], *(state.paths[x.path_id].links[0].link_id for x in leaving)]
            assert len(ways) == len(set(ways))
            assert all(x.first_offset_cm == 0 for x in leaving)
            taken_ppm = sum(x.probability_ppm for x in leaving)
            assert all(x.probability_ppm >= 0 for x in leaving)
            assert taken_ppm <= reach_ppm
            reach_ppm -= taken_ppm
    assert found == len(state.paths) - 1  # each child has its parent


def splits(pair: "Pair") -> list[tuple[LinkId, dict[LinkId, int], int]]:
    """The root's forks in order: (link that arrives, chances of the children by first link, chance that is left)."""
    root = pair.root
    arriving = {x.end_offset_cm: x.link_id for x in root.links}
    found: dict[int, dict[LinkId, int]] = {}
    for on_path in pair.reconstructor.state.paths.values():
        if on_path.path.parent_path_id != ROOT:
            children = found.setdefault(on_path.path.offset_on_parent_cm, {})
            children[on_path.links[0].link_id] = on_path.path.probability_ppm
    left_ppm, rows = 1_000_000, []
    for offset_cm in sorted(found):
        left_ppm -= sum(found[offset_cm].values())
        rows.append((arriving[offset_cm], found[offset_cm], left_ppm))
    return rows


def link_name(drawn: Drawn, link: Link) -> str:
    return next(k for k, v in drawn.link_ids.items() if v == link.link_id)
