"""Random states for the laws of `horizon/update.py`: no map behind them, few keys, so that they collide often."""

from hypothesis import strategies as st

from mapprior.horizon.digest import bytes_digest
from mapprior.horizon.items import (
    Border,
    BorderState,
    Content,
    CoverageSpan,
    CoverageState,
    LimitSpan,
    LinkPlacement,
    Path,
    Release,
    StreamBasis,
    WorkZoneContent,
    WorkZonePlacement,
)
from mapprior.horizon.update import PathItems, State
from mapprior.model.border import DrivingSide
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId, PathId
from mapprior.model.limit import EffectiveLimit, LaneLimit, LimitAlternative, LimitKind, PostedSpeed, SpeedUnit
from mapprior.model.provenance import Basis, Layer, ProfileGroup
from mapprior.model.work_zone import WorkZoneState

STEP_CM = 1000
TEXTS = st.sampled_from(("", "wet", "maxspeed=50", "ä"))

alternatives = st.builds(
    LimitAlternative,
    kind=st.sampled_from(LimitKind),
    posted_value_milli=st.sampled_from((0, 30_000)),
    posted_unit=st.sampled_from(SpeedUnit),
    condition=TEXTS,
    raw=TEXTS,
)
speeds = st.builds(
    PostedSpeed,
    st.sampled_from((0, 60_000)),
    st.sampled_from(SpeedUnit),
    TEXTS,
    st.sampled_from(Basis),
    st.integers(0, 1000),
)
lane_limits = st.builds(
    LaneLimit,
    lane_index=st.integers(0, 2),
    kind=st.sampled_from(LimitKind),
    posted_value_milli=st.sampled_from((0, 60_000)),
    posted_unit=st.sampled_from(SpeedUnit),
    limit_mm_per_sec=st.sampled_from((0, 16_667)),
    certain=st.booleans(),
    raw=TEXTS,
)
limits = st.builds(
    EffectiveLimit,
    kind=st.sampled_from(LimitKind),
    posted_value_milli=st.sampled_from((0, 50_000)),
    posted_unit=st.sampled_from(SpeedUnit),
    limit_mm_per_sec=st.sampled_from((0, 13_889)),
    basis=st.sampled_from(Basis),
    confidence_permille=st.integers(0, 1000),
    certain=st.booleans(),
    unresolved=st.lists(alternatives, max_size=2).map(tuple),
    raw=TEXTS,
    source=TEXTS,
    work_zone_id=TEXTS,
    advisory=st.none() | speeds,
    minimum=st.none() | speeds,
    lanes=st.lists(lane_limits, max_size=2).map(tuple),
    next_change_us=st.sampled_from((0, 1)),
)
contents = st.builds(
    lambda group, link, payload: Content(EncodedContent(group, LinkId(link), bytes_digest(payload), payload)),
    st.sampled_from(ProfileGroup),
    st.sampled_from((1, 2, (1 << 64) - 1)),
    st.binary(max_size=3),
)
zone_contents = st.builds(
    lambda zone, payload: WorkZoneContent(zone, bytes_digest(payload), payload),
    st.sampled_from(("a", "b")),
    st.binary(max_size=3),
)
bases = st.none() | st.builds(
    lambda build, overlay: StreamBasis((Release("ZZ", 1, build),), "", "2026a", overlay),
    st.sampled_from(("00", "01")),
    st.integers(0, 3),
)


def borders(path_id: PathId, offset_cm: int) -> st.SearchStrategy[Border]:
    return st.builds(
        Border,
        path_id=st.just(path_id),
        offset_cm=st.just(offset_cm),
        state=st.sampled_from(BorderState),
        from_market=st.sampled_from(("GB", "FR")),
        to_market=st.sampled_from(("", "FR", "GB")),
        from_driving_side=st.sampled_from(DrivingSide),
        to_driving_side=st.sampled_from(DrivingSide),
        from_speed_unit=st.sampled_from(SpeedUnit),
        to_speed_unit=st.sampled_from(SpeedUnit),
    )


@st.composite
def paths(draw: st.DrawFn, path_id: int) -> PathItems:
    """A path of up to six cells; what lies on it starts at cell borders and ends at any later one."""
    first, end = sorted(draw(st.tuples(st.integers(0, 5), st.integers(1, 6))))
    head = Path(
        PathId(path_id),
        PathId(draw(st.integers(0, 2))),
        draw(st.integers(0, 3)),
        first * STEP_CM,
        max(end, first + 1) * STEP_CM,
        draw(st.integers(0, 1_000_000)),
    )
    starts = st.sets(st.integers(0, 5)).map(sorted)
    lengths = st.integers(1, 3)

    def spans() -> list[tuple[int, int]]:
        return [(s * STEP_CM, (s + draw(lengths)) * STEP_CM) for s in draw(starts)]

    return PathItems(
        head,
        tuple(LinkPlacement(head.path_id, a, b, LinkId(draw(st.integers(1, 3)))) for a, b in spans()),
        tuple(LimitSpan(head.path_id, a, b, draw(limits)) for a, b in spans()),
        tuple(
            CoverageSpan(head.path_id, layer, a, b, draw(st.sampled_from(CoverageState)), draw(TEXTS))
            for layer in (Layer.L0, Layer.L2)
            for a, b in spans()
        ),
        tuple(
            WorkZonePlacement(head.path_id, zone, a, b, draw(st.sampled_from(WorkZoneState)), 900, draw(st.booleans()))
            for zone in ("a", "b")
            for a, b in spans()
        ),
        tuple(draw(borders(head.path_id, at * STEP_CM)) for at in draw(starts)),
    )


@st.composite
def states(draw: st.DrawFn) -> State:
    path_ids = draw(st.sets(st.integers(1, 4)))
    held = draw(st.lists(contents, max_size=4))
    zones = draw(st.lists(zone_contents, max_size=2))
    return State(
        {PathId(x): draw(paths(x)) for x in path_ids},
        {x.key: x for x in held},
        {x.work_zone_id: x for x in zones},
        draw(bases),
    )
