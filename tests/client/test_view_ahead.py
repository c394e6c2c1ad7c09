"""What layer L1 adds to what a person reads: curve, features, event, and their marks on the strip."""

import io
from dataclasses import replace

from rich.console import Console

from mapprior.cli.profile_rows import profile_rows
from mapprior.cli.strip import COLUMN_M, strip
from mapprior.cli.view import panel, plain_line
from mapprior.cli.view_ahead import curve_text, event_text, features_text, has_profiles
from mapprior.client import Traffic
from mapprior.horizon.items import CoverageSpan, CoverageState
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
    LinkFeature(FeatureKind.JUNCTION, 40_000, 40_000, Basis.TAGGED, 900, 0, JunctionKind.ROUNDABOUT, 3_200),
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


def test_the_table_names_values_with_basis() -> None:
    (path,) = as_json(road(), "ZZ")["paths"]
    rows = {(round(a), what): (value, sure) for a, _, what, value, sure in profile_rows(path, entries=True)}
    assert rows[400, "feature"] == ("junction, roundabout, 32 m", "tagged, 90%")
    assert rows[391, "feature"] == ("exit, 12, to Airport", "tagged, 90%")
    assert rows[100, "event"] == ("pedestrian crossing", "tagged, 95%, on no highway")
    assert rows[0, "curvature"] == ("straight to straight ±0.0000", "derived")
    assert rows[300, "curvature"][0] == "left 50 m to left 50 m ±0.0000"
    assert rows[400, "surface"] == ("asphalt", "tagged, 80%")
    assert rows[0, "tunnel"] == ("no", "derived, 60%")
    assert not any(what == "slope" for _, what in rows)
    assert {what for *_, what, _, _ in profile_rows(path, entries=False)} == {"feature", "event"}
