"""What layer L1 adds to what a person reads: curve, features, event, and their marks on the strip."""

import io
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from mapprior.cli.entry_table import ROWS_COUNT_MAX, entry_rows
from mapprior.cli.profile_rows import profile_rows
from mapprior.cli.strip import COLUMN_M, strip
from mapprior.cli.view import panel, plain_line
from mapprior.cli.view_ahead import curve_text, event_text, features_text, has_profiles
from mapprior.client import Traffic
from mapprior.horizon.items import CoverageSpan, CoverageState
from mapprior.horizon.position import NO_POSITION
from mapprior.model.ids import PathId
from mapprior.model.profile import (
    FeatureKind,
    JunctionKind,
    LinkCarriageway,
    LinkCurvature,
    LinkFeature,
    Surface,
)
from mapprior.model.provenance import Basis, Layer
from mapprior.reader.as_json import as_json
from mapprior.reader.reconstructor import Reconstructor
from tests.horizon.held import HeldLink, one_path
from tests.reader.test_road_events import STREET

BEND = LinkCurvature(
    Basis.DERIVED, (0, 30_000, 30_001, 40_000), (0, 0, 20_000, 20_000), (10,) * 4, (0,) * 4, (9,) * 4, 1
)
FEATURES = (
    LinkFeature(FeatureKind.PEDESTRIAN_CROSSING, 10_000, 10_000, Basis.TAGGED, 950),
    LinkFeature(FeatureKind.TRAFFIC_LIGHT, 39_000, 39_000, Basis.INFERRED, 700),
    LinkFeature(FeatureKind.EXIT, 39_100, 39_100, Basis.TAGGED, 900, number="12", destinations=("Airport",)),
    LinkFeature(
        FeatureKind.JUNCTION,
        40_000,
        40_000,
        Basis.TAGGED,
        900,
        0,
        JunctionKind.ROUNDABOUT,
        3_200,
        extent_basis=Basis.DERIVED,
    ),
)


def road() -> Reconstructor:
    client = one_path(HeldLink(1, 40_000, BEND, None, STREET, FEATURES), HeldLink(2, 5_000, carriageway=PAVED))
    root = client.root
    assert root is not None
    span = CoverageSpan(PathId(1), Layer.L1, 0, 45_000, CoverageState.PRESENT)
    client._state = replace(client.state, paths={PathId(1): replace(root, coverage=(span,))})
    return client


PAVED = LinkCarriageway(surface=Surface.ASPHALT, surface_basis=Basis.TAGGED)


def drawn(horizon: Reconstructor) -> list[str]:
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(strip(horizon))
    return console.export_text().splitlines()


def test_before_a_pose_is_answered_the_stream_is_said_to_be_new() -> None:
    """After a worker was replaced, the first update of the new one may come before it has a pose."""
    client = road()
    client.reported = NO_POSITION
    assert "a new stream: the server has answered no pose of it yet" in plain_line(client, None)


def test_the_rows_say_what_comes() -> None:
    client = road()
    assert curve_text(client, 20.0).plain == (
        "in 300 m: 36 km/h (careful 36)  at 2 m/s², left 50 m, derived  brake in 200 m"
    )
    assert curve_text(client, 5.0).plain == "none that asks for less at 2 m/s²"
    assert features_text(client).plain == (
        "pedestrian crossing 100 m, traffic light 390 m, exit 12 391 m, 1 more within 2 km"
    )
    assert event_text(client, 20.0).plain == "in 100 m, 5 s: pedestrian crossing  tagged, 95 %"
    assert plain_line(client, None).endswith("event in 100 m: pedestrian crossing  tagged, 95 %")
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(panel(client, Traffic(), title="t", pose=None))
    shown = console.export_text()
    assert all(row in shown for row in ("curve ", "features ", "event "))


def test_marks_stand_at_their_place() -> None:
    lines = drawn(road())
    bends = next(x for x in lines if "«" in x and "under" not in x)
    assert (bends.index("«"), bends.rindex("«")) == (int(300 / COLUMN_M), int(399.9 / COLUMN_M))
    features = next(x for x in lines if "P" in x and "crossing" not in x)
    assert features.index("P") == int(100 / COLUMN_M)
    assert features[int(390 / COLUMN_M)] == "+"
    legend = " ".join(lines[-2:])
    assert "P pedestrian crossing" in legend
    assert "+ several" in legend
    assert "traffic light" not in legend  # its mark is the one of several


def test_without_layer_l1_nothing_is_said() -> None:
    client = one_path(HeldLink(1, 40_000))
    assert not has_profiles(client)
    assert "event" not in plain_line(client, None)


def test_the_table_names_features_and_events_with_basis() -> None:
    (path,) = as_json(road(), "ZZ")["paths"]
    rows = {(round(a), what): (value, sure) for a, _, what, value, sure in profile_rows(path)}
    assert rows[400, "feature"] == ("junction, roundabout, 32 m derived", "tagged, 90%")
    assert rows[391, "feature"] == ("exit, 12, to Airport", "tagged, 90%")
    assert rows[100, "event"] == ("pedestrian crossing", "tagged, 95%, on no highway")
    assert {what for _, what in rows} == {"feature", "event"}


def test_the_entries_are_grouped_by_profile_and_what_is_left_out_is_counted() -> None:
    (path,) = as_json(road(), "ZZ")["paths"]
    rows = {(kind, round(a)): (value, sure) for kind, a, _, value, sure in entry_rows(path, from_m=0.0)}
    assert rows["curvature", 0] == ("straight to straight ±0.0000", "derived")
    assert rows["curvature", 300][0] == "left 50 m to left 50 m ±0.0000"
    assert rows["surface", 400] == ("asphalt", "tagged, 80%")
    assert rows["tunnel", 0] == ("no", "derived, 60%")
    assert rows["slope", 0] == ("unknown", "")
    assert ("highway by R171", 0) in rows and not any(kind == "highway" for kind, _ in rows)  # not the map's class
    heading, sure = rows["heading", 0]
    assert heading.startswith("0.000 rad (bearing 90°)") and sure == "derived"


@given(st.lists(st.sampled_from([0.0, 0.3, -2.6]), min_size=1, max_size=30), st.integers(0, 300))
def test_rows_of_a_profile_leave_no_stretch_unsaid(values: list[float], from_m: int) -> None:
    certain = {"sigma": None, "end_sigma": None, "basis": "DERIVED", "confidence": None}
    entries = [
        {"start_offset_m": 10.0 * i, "end_offset_m": 10.0 * (i + 1), "value": x, "end_value": x, **certain}
        for i, x in enumerate(values)
    ]
    path = {"profiles": {"HEADING": {"unit": "rad", "entries": entries}}}
    rows = list(entry_rows(path, from_m=float(from_m)))
    ahead = [x for x in entries if x["end_offset_m"] > from_m]
    assert len(rows) <= ROWS_COUNT_MAX + 1
    assert all(a[2] == b[1] for a, b in pairwise(rows))
    assert [x[1] for x in rows[:1]] == [x["start_offset_m"] for x in ahead[:1]]
    assert [x[2] for x in rows[-1:]] == [x["end_offset_m"] for x in ahead[-1:]]
    changes_count = len([1 for a, b in pairwise(ahead) if a["value"] != b["value"]]) + bool(ahead)
    more_count = changes_count - ROWS_COUNT_MAX
    assert [x[3] for x in rows[ROWS_COUNT_MAX:]] == ([f"{more_count} more; --json has all"] if more_count > 0 else [])
