"""Made-up conditions: texts of the grammar, and some that say at once what they mean."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from mapprior.market.circumstances import Circumstances
from mapprior.market.condition import Truth
from mapprior.model.pose import Condition, DrivingConditions, VehicleClass, VehicleProfile

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ZONES = ("Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca")
# Around a usual day, both clock changes of Europe and of the USA, and a new year.
DAYS_OF_INTEREST = ("2026-02-10", "2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01", "2026-12-31")


def us(moment: dt.datetime) -> int:
    """Microseconds UTC of a moment with zone."""
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


@st.composite
def instants_us(draw: st.DrawFn) -> int:
    day = dt.datetime.fromisoformat(draw(st.sampled_from(DAYS_OF_INTEREST)) + "T00:00:00+00:00")
    return us(day) + draw(st.integers(-86_400, 2 * 86_400)) * 1_000_000


zone_names = st.sampled_from(ZONES)
clocks = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from((0, 15, 30, 59)))
windows = st.tuples(clocks, clocks).filter(lambda x: x[0] != x[1]).map("-".join)
day_ranges = st.one_of(
    st.sampled_from(DAYS),
    st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True).map(",".join),
    st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)).map("-".join),
)
month_ranges = st.one_of(
    st.sampled_from(MONTHS),
    st.tuples(st.sampled_from(MONTHS), st.sampled_from(MONTHS)).map("-".join),
    st.builds("{} {}-{} {}".format, st.sampled_from(MONTHS), st.integers(1, 28), st.sampled_from(MONTHS), st.just(9)),
)
holidays = st.sampled_from(("PH", "SH", "PH,SH"))
one_rule = st.one_of(
    st.lists(windows, min_size=1, max_size=3).map(",".join),
    st.tuples(day_ranges, windows).map(" ".join),
    st.tuples(month_ranges, day_ranges, windows).map(" ".join),
    month_ranges,
    st.tuples(holidays, windows).map(" ".join),
    st.builds("{},{} {}".format, day_ranges, holidays, windows),
    st.builds('{} "{}"'.format, windows, st.sampled_from(("school", "a; b AND c"))),
    holidays.map("{} off".format),
    st.tuples(day_ranges, st.just("off")).map(" ".join),
)
times_texts = st.lists(one_rule, min_size=1, max_size=3).map("; ".join)
comparison_texts = st.builds(
    "{}{}{}".format,
    st.sampled_from(("weight", "weightrating", "axles", "trailers", "length", "width", "height", "occupants", "seats")),
    st.sampled_from(("<", "<=", ">", ">=", "=")),
    st.sampled_from(("0", "2", "3", "3.5", "7.5", "12", "4.25", "0.001")),
)
words = st.sampled_from(
    ("wet", "snow", "fog", "dark", "winter", "flashing", "trailer", "articulated", "hazmat", "hgv", "visibility<50")
)
law_texts = st.sampled_from(("in GB-WLS", "in DE", "from 2026-03-08", "until 2026-10-25", "from 2026-12-31"))
atom_texts = st.one_of(times_texts, comparison_texts, words, law_texts)
condition_texts = st.lists(atom_texts, min_size=1, max_size=4).map(" AND ".join)

vehicles = st.builds(
    VehicleProfile,
    vehicle_class=st.sampled_from(VehicleClass),
    mass_max_kg=st.sampled_from((0, 1800, 3500, 7500, 40_000)),
    trailer=st.booleans(),
    mass_kg=st.sampled_from((0, 1500, 9000)),
    trailer_mass_max_kg=st.sampled_from((0, 750, 3500)),
    axles_count=st.sampled_from((0, 2, 3, 5)),
    length_cm=st.sampled_from((0, 450, 1850)),
    articulated=st.sampled_from(Condition),
    hazmat=st.sampled_from(Condition),
)
sensed = st.builds(DrivingConditions, *[st.sampled_from(Condition)] * 4)


@dataclass(frozen=True)
class Meant:
    """A text, and what it means: at a local time, in circumstances."""

    text: str
    means: Callable[[dt.datetime, Circumstances], Truth]


def _yes(known: bool) -> Truth:
    return Truth.YES if known else Truth.NO


@st.composite
def plain_hours(draw: st.DrawFn) -> Meant:
    """`Mo-Fr 22:00-06:00`: a window that may last into the next day."""
    first, count = draw(st.integers(0, 6)), draw(st.integers(1, 7))
    days = {(first + i) % 7 for i in range(count)}
    start, end = draw(st.tuples(clocks, clocks).filter(lambda x: x[0] != x[1]))

    def means(wall: dt.datetime, circumstances: Circumstances) -> Truth:
        clock, today, yesterday = f"{wall:%H:%M}", wall.weekday(), (wall.weekday() - 1) % 7
        if start < end:
            return _yes(today in days and start <= clock < end)
        return _yes((today in days and clock >= start) or (yesterday in days and clock < end))

    prefix = f"{DAYS[first]}-{DAYS[(first + count - 1) % 7]} " if count < 7 else ""
    return Meant(f"{prefix}{start}-{end}", means)


@st.composite
def plain_months(draw: st.DrawFn) -> Meant:
    first, last = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    months = {first, last} | {m for m in range(1, 13) if (m - first) % 12 <= (last - first) % 12}
    return Meant(f"{MONTHS[first - 1]}-{MONTHS[last - 1]}", lambda wall, _: _yes(wall.month in months))


def _sensed(word: str) -> Meant:
    order = {Condition.NO: Truth.NO, Condition.UNKNOWN: Truth.UNKNOWN, Condition.YES: Truth.YES}
    return Meant(word, lambda _, circumstances: order[getattr(circumstances.conditions, word)])


plain_states = st.sampled_from(
    (
        *(_sensed(x) for x in ("wet", "snow", "fog", "dark")),
        Meant("trailer", lambda _, circumstances: _yes(circumstances.vehicle.trailer)),
        Meant("winter", lambda *_: Truth.UNKNOWN),
        Meant("trailers=0", lambda _, circumstances: _yes(not circumstances.vehicle.trailer)),
        Meant("from 2026-03-29", lambda wall, _: _yes(wall.date() >= dt.date(2026, 3, 29))),
        Meant("until 2026-10-25", lambda wall, _: _yes(wall.date() < dt.date(2026, 10, 25))),
    )
)
meant_atoms = st.one_of(plain_hours(), plain_months(), plain_states)


@cache
def zone_of(name: str) -> ZoneInfo:
    """A zone of the tzdata package; the machine may have older ones."""
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def wall(at_us: int, zone_name: str) -> dt.datetime:
    """What clocks show, by the standard library alone."""
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=at_us)
    return moment.astimezone(zone_of(zone_name)).replace(tzinfo=None, fold=0)
