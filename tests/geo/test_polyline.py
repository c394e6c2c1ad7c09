"""Laws of the local frame and the polyline."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.geo.frame import LocalFrame, distance_m, metres_per_e7, wrap_lon_e7
from mapprior.geo.polyline import Polyline
from mapprior.geo.units import E7, heading_rad_from_bearing_deg, wrap_rad

LATS = st.integers(-70 * E7, 70 * E7)
LONS = st.integers(-180 * E7, 180 * E7 - 1)


@st.composite
def lines(draw: st.DrawFn) -> Polyline:
    lat, lon = draw(LATS), draw(LONS)
    steps = draw(st.lists(st.tuples(st.integers(-9000, 9000), st.integers(-9000, 9000)), min_size=1, max_size=12))
    lats, lons = [lat], [lon]
    for dlat, dlon in steps:
        lats.append(lats[-1] + dlat)
        lons.append(wrap_lon_e7(lons[-1] + dlon))
    return Polyline(lats, lons)


def test_one_degree_of_latitude_is_as_long_as_the_ellipsoid_says() -> None:
    # Meridian arc from 44.5 to 45.5 degrees on WGS84: 111,131.8 m.
    assert metres_per_e7(45 * E7)[1] * E7 == pytest.approx(111_131.8, abs=1.0)
    # Parallel at 60 degrees: 55,800 m a degree.
    assert metres_per_e7(60 * E7)[0] * E7 == pytest.approx(55_800.0, abs=1.0)


@given(LATS, LONS, st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_frame_there_and_back(lat: int, lon: int, x_m: float, y_m: float) -> None:
    frame = LocalFrame(lat0_e7=lat, lon0_e7=lon)
    lat_b, lon_b = frame.lat_lon_e7(x_m, y_m)
    back = frame.xy_m(lat_e7=lat_b, lon_e7=lon_b)
    assert math.dist(back, (x_m, y_m)) < 0.02


@given(lines())
def test_a_place_on_the_line_projects_onto_itself(line: Polyline) -> None:
    for fraction in (0.0, 0.3, 0.5, 1.0):
        x_m, y_m = line.xy_at(fraction * line.length_m)
        found = line.project(x_m, y_m)
        assert found.distance_m < 1e-6
        assert math.dist(line.xy_at(found.s_m), (x_m, y_m)) < 1e-6


@given(lines())
def test_arc_length_only_grows_and_ends_at_the_length(line: Polyline) -> None:
    assert all(a <= b for a, b in zip(line.s_m, line.s_m[1:], strict=False))
    assert line.s_m[-1] == line.length_m
    pieces = zip(line.lat_e7, line.lon_e7, line.lat_e7[1:], line.lon_e7[1:], strict=False)
    measured = sum(distance_m(lat_a_e7=a, lon_a_e7=b, lat_b_e7=c, lon_b_e7=d) for a, b, c, d in pieces)
    # The frame keeps the scale of the first point; up to 1 km away at 70 degrees it is off by less than 5e-4.
    assert line.length_m == pytest.approx(measured, rel=2e-3, abs=0.01)


@given(lines())
def test_driven_the_other_way_left_becomes_right(line: Polyline) -> None:
    back = line.reversed()
    assert back.length_m == pytest.approx(line.length_m, rel=2e-3, abs=0.01)
    assert back.reversed().lat_e7 == line.lat_e7 and back.reversed().lon_e7 == line.lon_e7


def test_left_is_positive() -> None:
    east = Polyline([0, 0], [0, 10_000])
    assert east.project(5.0, 3.0).lateral_m == pytest.approx(3.0)
    assert east.project(5.0, -3.0).lateral_m == pytest.approx(-3.0)
    assert east.heading_at(1.0) == 0.0


@given(lines(), st.floats(0.0, 50.0), st.floats(-30.0, 30.0), st.booleans())
def test_past_an_end_the_distance_beside_is_that_from_the_line_going_straight_on(
    line: Polyline, past_m: float, left_m: float, at_end: bool
) -> None:
    """How far past the end a place is says nothing of how far beside the line it is."""
    steps = [i for i in range(len(line.s_m) - 1) if line.s_m[i + 1] - line.s_m[i] > 0.1]
    if not steps:
        return
    i = steps[-1] if at_end else steps[0]
    end = i + 1 if at_end else i
    heading_rad, ahead_m = line.heading_rad[i], past_m if at_end else -past_m
    x_m = line.x_m[end] + ahead_m * math.cos(heading_rad) - left_m * math.sin(heading_rad)
    y_m = line.y_m[end] + ahead_m * math.sin(heading_rad) + left_m * math.cos(heading_rad)
    found = line.project(x_m, y_m)
    assert abs(found.lateral_m) <= found.distance_m
    if abs(found.s_m - line.s_m[end]) < 1e-9 and line.s_m[end] in (0.0, line.length_m):
        assert found.distance_m == pytest.approx(math.hypot(past_m, left_m), abs=1e-6)
        assert found.lateral_m == pytest.approx(left_m, abs=1e-6)


def test_over_the_antimeridian_a_short_line_stays_short() -> None:
    line = Polyline([0, 0], [180 * E7 - 500, -180 * E7 + 500])
    assert line.length_m == pytest.approx(11.13, abs=0.01)
    assert wrap_lon_e7(line.lat_lon_e7_at(line.length_m / 2)[1] + 180 * E7) == pytest.approx(0, abs=1)


def test_fewer_than_two_points_is_refused() -> None:
    with pytest.raises(ValueError, match="two or more"):
        Polyline([1], [1])


@given(st.floats(0, 359.999))
def test_a_bearing_points_as_far_east_and_north_as_its_heading(bearing_deg: float) -> None:
    heading_rad, bearing_rad = heading_rad_from_bearing_deg(bearing_deg), math.radians(bearing_deg)
    assert -math.pi <= heading_rad < math.pi
    assert math.cos(heading_rad) == pytest.approx(math.sin(bearing_rad), abs=1e-9)
    assert math.sin(heading_rad) == pytest.approx(math.cos(bearing_rad), abs=1e-9)


@given(st.floats(-100, 100))
def test_wrapped_angles_stay_within_half_a_turn(angle_rad: float) -> None:
    wrapped = wrap_rad(angle_rad)
    assert -math.pi <= wrapped < math.pi
    assert math.cos(wrapped) == pytest.approx(math.cos(angle_rad), abs=1e-9)
