"""Reading recorded drives: what the file says, nothing else, and clear refusals without positions."""

import itertools
import math
import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import SourceError
from mapprior.runtime.trace_file import read_trace

DATA = Path(os.environ.get("MAPPRIOR_DATA", Path(__file__).parents[3] / "shared" / "data"))


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


GPX = """<?xml version="1.0"?>
<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="50.0001" lon="8.5001"><time>2026-01-01T00:00:00Z</time></trkpt>
<trkpt lat="50.0002" lon="8.5002"><time>2026-01-01T00:00:00.1Z</time></trkpt>
</trkseg></trk></gpx>"""


def test_gpx_gives_what_it_states(tmp_path: Path) -> None:
    trace = read_trace(written(tmp_path, "a.gpx", GPX))
    assert (trace.times, trace.caveat) == ("stated", "")
    first, second = trace.poses
    assert first.lat_e7 == pytest.approx(500_001_000) and first.lon_e7 == pytest.approx(85_001_000)
    assert first.pose_time_us == 1_767_225_600_000_000
    assert second.pose_time_us - first.pose_time_us == 100_000
    assert first.heading_rad is None and first.speed_mps is None


@given(
    st.lists(
        st.tuples(
            st.floats(-89.9, 89.9),
            st.floats(-179.9, 179.9),
            st.none() | st.floats(0, 359.9),
            st.none() | st.floats(0, 60),
        ),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=50, deadline=None)
def test_csv_round_trip(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, float, float | None, float | None]]
) -> None:
    def text(x: float | None) -> str:
        return "" if x is None else repr(x)

    lines = [f"{100_000 * i + 1},{text(a)},{text(b)},{text(c)},{text(d)}" for i, (a, b, c, d) in enumerate(rows)]
    table = "pose_time_us,lat_deg,lon_deg,bearing_deg,speed_mps\n" + "\n".join(lines)
    poses = read_trace(written(tmp_path_factory.mktemp("t"), "a.csv", table)).poses
    for i, ((lat, lon, bearing, speed), pose) in enumerate(zip(rows, poses, strict=True)):
        assert pose.pose_time_us == 100_000 * i + 1
        assert pose.lat_e7 == pytest.approx(lat * 1e7) and pose.lon_e7 == pytest.approx(lon * 1e7)
        assert pose.speed_mps == speed
        if bearing is None:
            assert pose.heading_rad is None
        else:
            assert pose.heading_rad is not None
            assert math.cos(pose.heading_rad) == pytest.approx(math.sin(math.radians(bearing)), abs=1e-9)


def test_a_pose_without_fix_is_kept(tmp_path: Path) -> None:
    table = "time,lat,lon,travelled_m\n1,50,8,0\n2,,,15.5\n"
    assert read_trace(written(tmp_path, "a.csv", table)).poses[1].lat_e7 is None


def test_without_times_it_is_driven_at_the_speed_named_and_says_so(tmp_path: Path) -> None:
    table = "lat,lon\n0,0\n0,0.001\n0,0.001\n"
    trace = read_trace(written(tmp_path, "a.csv", table), speed_without_times_mps=10.0)
    poses = trace.poses
    assert poses[1].pose_time_us - poses[0].pose_time_us == pytest.approx(11_132_000, rel=1e-3)
    assert poses[2].pose_time_us > poses[1].pose_time_us
    assert poses[0].speed_mps is None  # pacing is not a measurement
    assert trace.times == "assumed"
    assert trace.caveat == "the trace states no times: its 3 poses are taken to be driven at 36 km/h"


@pytest.mark.parametrize("suffix", ["gpx", "csv"])
@pytest.mark.parametrize("stated", [True, False])
def test_whether_times_are_the_files_own_is_told_for_every_format(tmp_path: Path, suffix: str, stated: bool) -> None:
    text = GPX if suffix == "gpx" else "time,lat,lon\n<time>1</time>,50,8\n<time>2</time>,50,8.001\n"
    text = re.sub("</?time>", "", text) if suffix == "csv" and stated else text
    text = text if stated else re.sub("<time>.*?</time>", "", text)
    trace = read_trace(written(tmp_path, f"a.{suffix}", text))
    assert trace.times == ("stated" if stated else "assumed")
    assert bool(trace.caveat) is not stated


PORTO = """TRIP_ID,TIMESTAMP,POLYLINE
11,1000,"[[-8.6,41.1],[-8.61,41.11]]"
12,2000,"[[-8.7,41.2]]"
"""


def test_a_porto_trip_is_picked_by_its_id(tmp_path: Path) -> None:
    path = written(tmp_path, "porto.csv", PORTO)
    poses = read_trace(f"{path}#11").poses
    assert [p.pose_time_us for p in poses] == [1_000_000_000, 1_015_000_000]
    assert len(read_trace(f"{path}#12").poses) == 1
    assert read_trace(f"{path}#11\t").poses == poses  # as the table of the trips writes it
    with pytest.raises(SourceError, match="holds 2 trips; name one as FILE#TRIP_ID"):
        read_trace(path)
    with pytest.raises(SourceError, match="no trip 13 among its 2"):
        read_trace(f"{path}#13")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.txt", "x", "not .txt"),
        ("a.gpx", "no xml", "not a GPX document"),
        ("a.gpx", "<gpx></gpx>", "no point"),
        ("a.csv", "", "needs columns"),
        ("a.csv", "a,b\n1,2\n", "needs columns"),
        ("a.csv", "lat,lon\n", "no point"),
        ("a.csv", "lat,lon\n41.98765,x\n", "line 2: column lon is not a number"),
        ("a.csv", "lat,lon\nnan,41.98765\n", "line 2: column lat is not a finite number"),
        ("a.csv", "lat,lon\n41.98765,\n", "together"),
        ("a.csv", "lat,lon\n8,8\n\n91.98765,8\n", "line 4: latitude is outside -90 to 90"),
        ("a.csv", "lat,lon\n8,8\n\nnan,41.98765\n", "line 4: column lat is not a finite number"),
        ("a.csv", "time,lat,lon\n1,50.98765,8\n,50.98765,8\n", "1 of 2 points have no time"),
        ("a.csv", "time,lat,lon\nyesterday,50.98765,8\n", "neither ISO 8601 nor seconds"),
        ("a.csv", "lat,lon,speed_mps\n50.98765,8,900\n", "speed is outside -100 to 150"),
    ],
)
def test_refusals_name_the_place_in_the_file_and_no_place_on_earth(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    with pytest.raises(SourceError, match=re.escape(says)) as caught:
        read_trace(written(tmp_path, name, text))
    assert "98765" not in str(caught.value)
    assert name in str(caught.value)


def test_a_missing_file_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        read_trace(tmp_path / "none.gpx")


@pytest.mark.extracts
@pytest.mark.skipif(not DATA.is_dir(), reason="no test data: set MAPPRIOR_DATA")
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("brouter/testtrack0.gpx", 51),
        ("graphhopper/andorra_for_map_matching.gpx", 21),
        ("mappymatch-denver/sample_trace_1.csv", 1053),
        ("porto-taxi/train_500.csv#1372636858620000589", 23),
    ],
)
def test_real_traces_are_read_whole_and_in_order(name: str, count: int) -> None:
    poses = read_trace(f"{DATA}/traces/{name}").poses
    assert len(poses) == count
    assert all(a.pose_time_us < b.pose_time_us for a, b in itertools.pairwise(poses))
