"""Roads whose limits depend on time, and the clock of the place they lie in."""

from datetime import UTC, datetime

from mapprior.geo.units import US_PER_SEC
from mapprior.horizon.items import LimitSpan
from mapprior.market.circumstances import Arrival, Circumstances
from mapprior.market.effective import effective_limit
from mapprior.market.law import MarketLaw
from mapprior.model.ids import LinkId, tile_of
from mapprior.model.limit import EffectiveLimit, LimitKind, SpeedUnit, TaggedLimit
from mapprior.model.pose import CAR, DrivingConditions, Pose, VehicleProfile
from mapprior.model.provenance import Basis
from tests.asciimap import Drawn
from tests.horizon.pair import Pair

MINUTE_US = 60 * US_PER_SEC
HOUR_US = 60 * MINUTE_US
# A market without law of its own, by the clock of Berlin: the drawn roads lie there.
LAW = MarketLaw.from_pack({"code": "ZZ", "time_zones": ["Europe/Berlin"]})
LAWS = {1: LAW}
Said = tuple[int, bool, tuple[int, ...]]  # number, certain, the other numbers that may hold, in km/h
NIGHT = "22:00-06:00"


def utc_us(iso: str) -> int:
    """`2026-06-10T20:00:00`, in UTC."""
    return round(datetime.fromisoformat(iso).replace(tzinfo=UTC).timestamp()) * US_PER_SEC


def kmh(value: int, condition: str = "", *, vehicle: str = "", lane_index: int = -1) -> TaggedLimit:
    raw = f"maxspeed={value}" + (f" @ ({condition})" if condition else "")
    return TaggedLimit(
        LimitKind.LIMITED,
        value * 1000,
        SpeedUnit.KMH,
        Basis.TAGGED,
        raw,
        vehicle=vehicle,
        condition=condition,
        lane_index=lane_index,
    )


def expected(
    drawn: Drawn,
    link: LinkId,
    arrival: Arrival | None,
    *,
    vehicle: VehicleProfile = CAR,
    conditions: DrivingConditions | None = None,
) -> EffectiveLimit:
    """The answer found directly, past all that the horizon keeps."""
    place = LAW.place(tile_of(link))
    circumstances = Circumstances(vehicle, conditions or DrivingConditions(), place, arrival)
    return effective_limit(drawn.network.limits(link), circumstances=circumstances, law=LAW, source="")


def standing(drawn: Drawn, letters: str, time_us: int, *, offset_m: float = 20.0) -> Pose:
    """A vehicle that stands on a link."""
    return moving(drawn, letters, time_us, offset_m=offset_m, speed_mps=0.0)


def moving(drawn: Drawn, letters: str, time_us: int, *, offset_m: float, speed_mps: float) -> Pose:
    lat, lon = drawn.at(letters, offset_m)
    return Pose(
        time_us,
        lat,
        lon,
        heading_rad=drawn.link(letters).line.heading_at(offset_m),
        speed_mps=speed_mps,
        position_sigma_m=1.0,
        heading_sigma_rad=0.05,
    )


def said(limit: EffectiveLimit) -> Said:
    others = tuple(sorted(x.posted_value_milli // 1000 for x in limit.unresolved))
    return limit.posted_value_milli // 1000, limit.certain, others


def root_says(pair: Pair) -> list[Said]:
    return [said(x.limit) for x in pair.root.limits]


def by_link(pair: Pair) -> dict[tuple[int, int], tuple[LinkId, EffectiveLimit]]:
    """(path, start of a link) -> the link and what holds at its start; the source left out of account."""
    found = {}
    for path_id, on_path in pair.reconstructor.state.paths.items():
        for link in on_path.links:
            span = next(x for x in on_path.limits if x.start_offset_cm <= link.start_offset_cm < x.end_offset_cm)
            found[path_id, link.start_offset_cm] = link.link_id, span.limit
    return found


def jump_to(pair: Pair, pose: Pose) -> None:
    """Time passes until the pose, by both clocks."""
    last_us = pair.reconstructor.pose_time_us
    pair.pose(pose, step_us=max(100_000, pose.pose_time_us - last_us) if last_us else 100_000)
    pair.pump()


def limit_spans(items: object) -> list[LimitSpan]:
    return [x for x in items if isinstance(x, LimitSpan)]  # type: ignore[attr-defined]
