"""The heading error of a place is that of the newest pose, or not known."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mapprior.geo.units import wrap_rad
from mapprior.match.running import RunningMatch
from tests.asciimap import draw

STRAIGHT = draw("A-------------------B", grid_m=49.0)


@settings(max_examples=50, deadline=None)
@example(  # the way that turned at A may be on the link to A still
    headed=[False, True, True, *[False] * 57], timed=True, fixed=[1, 0, 1, *[0] * 57], rate_hz=5.0, sigma_m=4.0
)
@given(
    headed=st.lists(st.booleans(), min_size=60, max_size=60),
    timed=st.booleans(),
    fixed=st.lists(st.integers(0, 4), min_size=60, max_size=60),
    rate_hz=st.sampled_from([1.0, 5.0, 10.0, 20.0]),
    sigma_m=st.sampled_from([0.0, 4.0]),
)
def test_no_pose_tells_the_heading_error_of_another(
    headed: list[bool], timed: bool, fixed: list[int], rate_hz: float, sigma_m: float
) -> None:
    match = RunningMatch(STRAIGHT.network)
    for i, pose in enumerate(STRAIGHT.poses("AB", rate_hz=rate_hz, sigma_m=sigma_m)[:60]):
        if not headed[i]:
            pose = replace(pose, heading_rad=None, heading_sigma_rad=None)
        else:
            pose = replace(pose, heading_rad=(pose.heading_rad or 0.0) + 0.01 * i)
        if not timed:
            pose = replace(pose, speed_mps=None, travelled_m=None)
        if not fixed[i]:
            pose = replace(pose, lat_e7=None, lon_e7=None, position_sigma_m=None)
        result, heading_rad = match.step(pose), match.motion.heading_rad
        for x in result.candidates:
            link = STRAIGHT.network.link(x.link_id)
            assert link is not None
            if heading_rad is None:
                assert x.heading_error_rad is None
            else:
                assert x.heading_error_rad == pytest.approx(wrap_rad(heading_rad - link.line.heading_at(0.0)), abs=1e-3)
