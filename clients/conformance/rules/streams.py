"""The streams of the vectors: each one rule of `horizon.proto` that a client may get wrong."""

from collections.abc import Callable
from dataclasses import replace

from clients.conformance.rules.road import DATASET, content, contents, link, path, posted_kmh, two_lanes
from clients.conformance.rules.script import START_TIME_US, Script, with_contents, with_path
from mapprior.horizon.digest import bytes_digest
from mapprior.horizon.events import Open
from mapprior.horizon.granted import Granted
from mapprior.horizon.items import (
    Border,
    BorderState,
    CoverageSpan,
    CoverageState,
    Health,
    HealthState,
    LimitSpan,
    Release,
    StreamBasis,
    WorkZoneContent,
    WorkZonePlacement,
)
from mapprior.horizon.update import State
from mapprior.horizon.vehicle_position import Position, PositionCandidate
from mapprior.model.border import DrivingSide
from mapprior.model.ids import LinkId, PathId
from mapprior.model.limit import (
    EffectiveLimit,
    LaneLimit,
    LimitAlternative,
    LimitKind,
    PostedSpeed,
    SpeedUnit,
    TaggedLimit,
)
from mapprior.model.link import RoadClass
from mapprior.model.pose import MatchState
from mapprior.model.provenance import Basis, Layer, ProfileGroup
from mapprior.model.work_zone import LaneStatus, WorkZone, WorkZoneLane, WorkZoneLaneType, WorkZoneState
from mapprior.tile.codec import encode_road
from mapprior.wire.zones import encode_zone

BASIS = StreamBasis((Release("ZZ", DATASET, "00c0ffee00c0ffee", "vectors", "2025-01-01T00:00:00Z"),), "", "2025b", 0)

FIRST = link(0, [(500_000_000, 80_000_000), (500_000_000, 80_030_000)], twin=3, names=("Große Straße",))
SECOND = link(
    1, [(500_000_000, 80_030_000), (500_009_000, 80_050_000), (500_018_000, 80_060_000)], tunnel=True, level=-1
)
THIRD = link(2, [(500_018_000, 80_060_000), (500_030_000, 80_061_000)])
BACK = link(3, [(500_000_000, 80_030_000), (500_000_000, 80_000_000)], twin=0, lies_with=0)
SIDE = link(4, [(500_000_000, 80_030_000), (499_980_000, 80_030_000)], road_class=RoadClass.RESIDENTIAL)
FIFTY = posted_kmh(50, FIRST)


def _begun(describes: str) -> Script:
    """A script whose first update is a snapshot with one path over two links."""
    script = Script(describes)
    state = with_contents(State(basis=BASIS), *contents(FIRST), *contents(SECOND))
    script.send(with_path(state, path(1, (FIRST, SECOND), limit=FIFTY)), at=(1, FIRST.link_id, 1_000), snapshot=True)
    return script


def snapshot() -> Script:
    return _begun("A snapshot: basis, contents, one path with links, a limit and coverage; and the vehicle on it.")


def position_only() -> Script:
    script = _begun("Updates that move the vehicle only. The hash stays; health is as before where it is not set.")
    script.send(at=(1, FIRST.link_id, 1_200))
    script.send(at=(1, FIRST.link_id, 1_400), health=Health(HealthState.DEGRADED, "tile late", 3))
    script.send(at=(1, FIRST.link_id, 1_600))
    return script


def trailing_part_erased() -> Script:
    script = _begun(
        "A path is put with a larger first_offset_cm: all on it that ends at or before that is gone without being "
        "named; what reaches past it stays. The path grows by a link at its end."
    )
    state = with_contents(script.state, *contents(THIRD))
    grown = path(1, (FIRST, SECOND, THIRD), first_cm=FIRST.length_cm, limit=FIFTY)
    cut = replace(grown, coverage=grown.coverage[:1])
    script.send(with_path(state, cut), at=(1, SECOND.link_id, 500))
    return script


def side_path_becomes_root() -> Script:
    script = _begun(
        "A side path leaves the root; the vehicle turns onto it. It keeps its id and its zero and becomes the root "
        "(parent 0); the old root goes, and everything on it without being named."
    )
    state = with_contents(script.state, *contents(SIDE))
    state = with_path(state, path(1, (FIRST, SECOND), probability_ppm=700_000, limit=FIFTY))
    side = path(2, (SIDE,), parent=1, branches_at_cm=FIRST.length_cm, probability_ppm=300_000)
    script.send(with_path(state, side), at=(1, FIRST.link_id, 2_000))
    turned = replace(script.state, paths={PathId(2): path(2, (SIDE,))})
    script.send(turned, at=(2, SIDE.link_id, 100))
    return script


def shared_geometry() -> Script:
    script = Script("A link whose points lie with its twin: GEOMETRY is keyed by the other link and runs backwards.")
    state = with_contents(State(basis=BASIS), *contents(FIRST), *contents(BACK))
    script.send(with_path(state, path(1, (BACK,))), at=(1, BACK.link_id, 10), snapshot=True)
    return script


def limits() -> Script:
    script = _begun(
        "Every kind of limit; units; text that is not ASCII; alternatives where a condition is undecided. Unlimited, "
        "unknown and a number are three answers."
    )
    night = LimitAlternative(LimitKind.LIMITED, 30_000, SpeedUnit.MPH, "22:00-06:00", "30 mph @ (22:00-06:00)")
    wet = LimitAlternative(LimitKind.UNLIMITED, 0, SpeedUnit.NONE, "wet", "für Nässe")

    def limit(kind: LimitKind, milli: int, unit: SpeedUnit, mm_per_sec: int, **more: object) -> EffectiveLimit:
        plain = EffectiveLimit(kind, milli, unit, mm_per_sec, Basis.TAGGED, 800, True, (), "", FIRST.stable_ref)
        return replace(plain, **more)  # type: ignore[arg-type]

    said = (
        limit(LimitKind.LIMITED, 30_000, SpeedUnit.MPH, 13_411, raw="30 mph"),
        limit(LimitKind.LIMITED, 50_000, SpeedUnit.KMH, 13_889, certain=False, unresolved=(night, wet)),
        limit(LimitKind.UNLIMITED, 0, SpeedUnit.NONE, 0, raw="none"),
        limit(LimitKind.WALK, 0, SpeedUnit.NONE, 0, raw="walk"),
        limit(LimitKind.VARIABLE, 120_000, SpeedUnit.KMH, 33_333, basis=Basis.SIGNED, confidence_permille=1000),
        limit(LimitKind.LIMITED, 5_500, SpeedUnit.KNOTS, 2_829, basis=Basis.INFERRED),
        limit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, 0, basis=Basis.UNKNOWN, certain=False, raw="DE:urban"),
    )
    root = script.state.paths[PathId(1)]
    ends = [*range(3_000, 3_000 * len(said), 3_000), root.path.end_offset_cm]
    spans = tuple(
        LimitSpan(PathId(1), start, end, x) for start, end, x in zip([0, *ends[:-1]], ends, said, strict=True)
    )
    script.send(with_path(script.state, replace(root, limits=spans)), at=(1, FIRST.link_id, 1_200))
    return script


def speeds_beside_the_limit() -> Script:
    script = _begun(
        "What stands beside a limit: an advised speed, a least speed, lanes with limits of their own, the time of the "
        "next switch. Each is part of the hash; one that is not set counts as an empty list. Then a switch passes, and "
        "only the span that says something else is put."
    )
    night_us = START_TIME_US + 3_600_000_000
    lane = LaneLimit(2, LimitKind.LIMITED, 80_000, SpeedUnit.KMH, 22_222, True, "maxspeed:lanes=120|120|80")
    walked = LaneLimit(3, LimitKind.WALK, 0, SpeedUnit.NONE, 0, False, "walk")
    advice = PostedSpeed(100_000, SpeedUnit.KMH, "maxspeed:advisory=100", Basis.TAGGED, 800)
    advised = replace(posted_kmh(120, FIRST), advisory=advice)
    slowest = PostedSpeed(40_000, SpeedUnit.MPH, "minspeed=40 mph", Basis.LAW_DEFAULT, 700)
    least = replace(posted_kmh(100, FIRST), minimum=slowest)
    laned = replace(posted_kmh(120, FIRST), lanes=(lane, walked))
    timed = replace(posted_kmh(50, FIRST), next_change_us=night_us)
    root = script.state.paths[PathId(1)]
    ends = [3_000, 6_000, 9_000, root.path.end_offset_cm]
    spans = tuple(
        LimitSpan(PathId(1), start, end, x)
        for start, end, x in zip([0, *ends[:-1]], ends, (advised, least, laned, timed), strict=True)
    )
    script.send(with_path(script.state, replace(root, limits=spans)), at=(1, FIRST.link_id, 1_200))
    after = LimitSpan(PathId(1), 9_000, root.path.end_offset_cm, posted_kmh(30, FIRST))
    script.send(with_path(script.state, replace(root, limits=(*spans[:-1], after))), at=(1, FIRST.link_id, 1_400))
    return script


def tagged_limits() -> Script:
    script = Script("LIMIT content: what the source states, in its order, per direction and lane, with conditions.")
    stated = (
        TaggedLimit(LimitKind.LIMITED, 100_000, SpeedUnit.KMH, Basis.TAGGED, "maxspeed=100"),
        TaggedLimit(LimitKind.LIMITED, 80_000, SpeedUnit.KMH, Basis.TAGGED, "maxspeed:hgv=80", vehicle="hgv"),
        TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.LAW_DEFAULT, "x", rule_ref="DE:rural", lane_index=1),
    )
    state = with_contents(State(basis=BASIS), *contents(FIRST, stated))
    script.send(with_path(state, path(1, (FIRST,), limit=FIFTY)), at=(1, FIRST.link_id, 0), snapshot=True)
    return script


def lanes() -> Script:
    script = _begun("LANE content arrives later than the road, and the coverage of L2 changes with it.")
    state = with_contents(script.state, *contents(FIRST, lanes=two_lanes(FIRST)))
    root = state.paths[PathId(1)]
    covered = (
        root.coverage[0],
        CoverageSpan(PathId(1), Layer.L2, 0, FIRST.length_cm, CoverageState.DERIVED),
        CoverageSpan(PathId(1), Layer.L2, FIRST.length_cm, root.path.end_offset_cm, CoverageState.NOT_LOADED),
    )
    script.send(with_path(state, replace(root, coverage=covered)), at=(1, FIRST.link_id, 1_200))
    return script


def border() -> Script:
    script = _begun(
        "The path leaves a market for one that is not served; then it is, and the path goes on. A border at the path's "
        "first offset stays, one before it is gone; one that is named as removed is gone."
    )
    first, second = FIRST.length_cm, FIRST.length_cm + SECOND.length_cm
    sides, units = (DrivingSide.LEFT, DrivingSide.RIGHT), (SpeedUnit.MPH, SpeedUnit.KMH)
    near = Border(PathId(1), first, BorderState.SERVED, "GB", "FR", *sides, *units)
    far = Border(
        PathId(1), second, BorderState.NOT_SERVED, "FR", "", sides[1], DrivingSide.UNKNOWN, units[1], SpeedUnit.NONE
    )
    root = replace(script.state.paths[PathId(1)], borders=(near, far))
    script.send(with_path(script.state, root), at=(1, FIRST.link_id, 1_200))
    state = with_contents(script.state, *contents(THIRD))
    served = replace(far, state=BorderState.SERVED, to_market="ES", to_driving_side=sides[1], to_speed_unit=units[1])
    grown = path(1, (FIRST, SECOND, THIRD), first_cm=first, limit=FIFTY)
    script.send(with_path(state, replace(grown, borders=(near, served))), at=(1, SECOND.link_id, 500))
    further = replace(grown.path, first_offset_cm=first + 1)
    script.send(with_path(script.state, replace(grown, path=further, borders=(served,))), at=(1, SECOND.link_id, 600))
    script.send(with_path(script.state, replace(grown, path=further)), at=(1, SECOND.link_id, 700))
    return script


def work_zone() -> Script:
    script = _begun("A work zone is announced, begins (its content changes too), lowers the limit, and is withdrawn.")
    works = WorkZone(
        id="works/1",
        source="vectors",
        start_time_us=START_TIME_US,
        end_time_us=START_TIME_US + 3_600_000_000,
        lat_e7=FIRST.line.lat_e7,
        lon_e7=FIRST.line.lon_e7,
        confidence_permille=850,
        place_sigma_cm=500,
        lanes=(
            WorkZoneLane(0, WorkZoneLaneType.GENERAL, LaneStatus.CLOSED),
            WorkZoneLane(1, WorkZoneLaneType.GENERAL, LaneStatus.SHIFT_RIGHT, 275),
        ),
        limit=LimitAlternative(LimitKind.LIMITED, 30_000, SpeedUnit.KMH, "", "30"),
        synthetic=True,
    )
    root = script.state.paths[PathId(1)]

    def placed(zone: WorkZone, state: WorkZoneState, spans: tuple[LimitSpan, ...]) -> State:
        payload = encode_zone(zone)
        placement = WorkZonePlacement(PathId(1), zone.id, 5_000, 9_000, state, 930, True)
        held = WorkZoneContent(zone.id, bytes_digest(payload), payload)
        on_path = replace(root, zones=(placement,), limits=spans)
        return replace(with_path(script.state, on_path), zones={zone.id: held}, basis=replace(BASIS, overlay_number=1))

    thirty = replace(posted_kmh(30, FIRST), basis=Basis.FEED, certain=False, work_zone_id=works.id)
    lowered = (
        LimitSpan(PathId(1), 0, 5_000, FIFTY),
        LimitSpan(PathId(1), 5_000, 9_000, thirty),
        LimitSpan(PathId(1), 9_000, root.path.end_offset_cm, FIFTY),
    )
    script.send(placed(works, WorkZoneState.PLANNED, root.limits), at=(1, FIRST.link_id, 1_200))
    begun = replace(works, start_time_verified=True, description="Fahrbahnerneuerung")
    script.send(placed(begun, WorkZoneState.ACTIVE, lowered), at=(1, FIRST.link_id, 1_400))
    script.send(
        replace(with_path(script.state, root), zones={}, basis=replace(BASIS, overlay_number=2)),
        at=(1, FIRST.link_id, 1_600),
    )
    return script


def content_evicted() -> Script:
    script = _begun("Content is named as evicted: the client drops it, its hash goes from the sum, nothing else moves.")
    gone = [x for x in script.state.contents.values() if x.encoded.link_id == SECOND.link_id]
    left = {key: x for key, x in script.state.contents.items() if x not in gone}
    only_first = path(1, (FIRST,), limit=FIFTY)
    script.send(replace(with_path(script.state, only_first), contents=left), at=(1, FIRST.link_id, 1_200))
    return script


def content_replaced() -> Script:
    script = _begun("Content of a key the client holds comes with another digest: it takes the place of the old one.")
    renamed = replace(FIRST, names=("Kleine Straße",))
    item = content(ProfileGroup.ROAD, FIRST.link_id, encode_road(renamed))
    script.send(with_contents(script.state, item), at=(1, FIRST.link_id, 1_200))
    return script


def gap() -> Script:
    script = _begun(
        "An update is lost. The next one is not applied, the client asks for a resync naming what it holds, ignores "
        "what comes before the snapshot, and the snapshot comes without the content it named."
    )
    script.send(with_contents(script.state, *contents(THIRD)), lost=True)
    script.send(at=(1, FIRST.link_id, 1_400))
    base = script.hold()
    script.send(at=(1, FIRST.link_id, 1_600))
    script.send(at=(1, FIRST.link_id, 1_800), snapshot=True, base=base)
    script.send(at=(1, FIRST.link_id, 2_000))
    return script


def wrong_hash() -> Script:
    script = _begun("The hash of an update does not fit: it is not applied, and a snapshot heals.")
    script.send(with_contents(script.state, *contents(THIRD)), at=(1, FIRST.link_id, 1_200), wrong_hash=True)
    base = script.hold()
    script.send(at=(1, FIRST.link_id, 1_400), snapshot=True, base=base)
    return script


def resumed() -> Script:
    script = _begun("The call breaks; a new one is opened with the content held. Indexes and path ids count anew.")
    base = script.hold()
    script.new_call()
    state = replace(script.state, paths={PathId(1): path(1, (SECOND,), limit=FIFTY)})
    script.send(state, at=(1, SECOND.link_id, 300), snapshot=True, base=base)
    return script


def resumed_on_another_build() -> Script:
    script = _begun("Resumed, but the server has another build by now: nothing counts as held, all content comes anew.")
    script.hold()
    script.new_call()
    moved = replace(BASIS, releases=(replace(BASIS.releases[0], build_id="0000000000000001"),))
    script.send(replace(script.state, basis=moved), at=(1, FIRST.link_id, 300), snapshot=True)
    return script


def ambiguous() -> Script:
    script = _begun("Two places are likely, one of them on no path; then the vehicle is on no road at all.")
    here = PositionCandidate(PathId(1), 1_200, FIRST.link_id, 1_200, 240, -15, 550)
    there = PositionCandidate(PathId(0), 0, SIDE.link_id, 77, -310, 3141, 400)
    script.send(position=Position(MatchState.AMBIGUOUS, "two roads within 5 m", (here, there)))
    script.send(position=Position(MatchState.OFF_ROAD, "no road within reach", (), extrapolated=True))
    return script


def antimeridian() -> Script:
    script = Script("A link over the antimeridian: longitudes wrap, the length does not jump.")
    over = link(7, [(-170_000_000, 1_799_990_000), (-170_000_000, -1_799_990_000)])
    state = with_contents(State(basis=BASIS), *contents(over))
    script.send(with_path(state, path(1, (over,))), at=(1, over.link_id, 100), snapshot=True)
    return script


def widest_numbers() -> Script:
    script = Script("The ends of the ranges: ids of 64 bits, negative offsets, sums of hashes that pass 2^64.")
    far = LinkId((1 << 64) - 1)
    on_path = path((1 << 32) - 1, (FIRST,))
    head = replace(on_path.path, offset_on_parent_cm=-(1 << 40), end_offset_cm=1 << 40)
    placements = tuple(
        replace(x, start_offset_cm=-5, end_offset_cm=x.length_cm - 5, link_id=far) for x in on_path.links
    )
    items = [content(ProfileGroup.GEOMETRY, far, b""), *contents(SIDE), *contents(FIRST), *contents(SECOND)]
    state = with_contents(State(basis=replace(BASIS, overlay_number=(1 << 63) - 1)), *items)
    placed = replace(on_path, path=head, links=placements, coverage=())
    script.send(with_path(state, placed), snapshot=True)
    return script


def granted() -> Script:
    script = Script(
        "What the server took the drive up with comes with each snapshot, is no part of the state, and holds until the "
        "next one says something else."
    )
    on_path = path(1, (FIRST, SECOND), limit=FIFTY)
    state = with_path(with_contents(State(basis=BASIS), *contents(FIRST), *contents(SECOND)), on_path)
    given = Granted.of(Open(horizon_length_m=500, poses_per_sec_max=200, work_ms_per_sec_max=100))
    script.send(state, at=(1, FIRST.link_id, 1_000), snapshot=True, granted=given)
    script.send(at=(1, FIRST.link_id, 1_200))
    base = script.hold()
    script.new_call()
    less = replace(given, horizon_length_m=0, horizon_length_m_max=400, layers=(Layer.L0,), poses_per_sec_max=0)
    script.send(state, at=(1, FIRST.link_id, 1_300), snapshot=True, base=base, granted=less)
    return script


def later_fields() -> Script:
    script = _begun("A message with a field this version does not know: it is ignored, the update is applied.")
    unknown_field_99 = b"\x9a\x06\x03new"
    script.send(at=(1, FIRST.link_id, 1_200), tail=unknown_field_99)
    return script


STREAMS: tuple[Callable[[], Script], ...] = (
    snapshot,
    position_only,
    trailing_part_erased,
    side_path_becomes_root,
    shared_geometry,
    limits,
    speeds_beside_the_limit,
    tagged_limits,
    lanes,
    border,
    work_zone,
    content_evicted,
    content_replaced,
    gap,
    wrong_hash,
    resumed,
    resumed_on_another_build,
    ambiguous,
    antimeridian,
    widest_numbers,
    granted,
    later_fields,
)
