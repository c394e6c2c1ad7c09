"""The strip of the live view: what is ahead stands at its place, and nothing known is left out."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from clients.conformance.rules.road import contents, link, path, posted_kmh, two_lanes
from clients.conformance.rules.script import Script, with_contents, with_path
from clients.conformance.rules.streams import BASIS, STREAMS
from mapprior.cli.strip import COLUMN_M, COLUMNS_COUNT, LABEL_SHIFT_COLUMNS_MAX, limit_labels, strip
from mapprior.cli.view import panel, plain_line
from mapprior.client import Traffic
from mapprior.horizon.digest import bytes_digest
from mapprior.horizon.items import LimitSpan, WorkZoneContent, WorkZonePlacement
from mapprior.horizon.update import State
from mapprior.model.ids import PathId
from mapprior.model.work_zone import LaneStatus, WorkZone, WorkZoneLane, WorkZoneLaneType, WorkZoneState
from mapprior.reader.reconstructor import Reconstructor
from mapprior.tile.codec import decode_content
from mapprior.wire.updates import decode_update
from mapprior.wire.zones import decode_zone, encode_zone

ROAD = link(0, [(500_000_000, 80_000_000), (500_000_000, 80_130_000)])  # 932 m


def seen(script: Script) -> Reconstructor:
    client = Reconstructor(decode_content, decode_zone)
    for frame in script.frames:
        client.apply(decode_update(frame), 0)
    return client


def with_limits(*starts_m_and_kmh: tuple[int, int]) -> Reconstructor:
    """The road with these limits, seen from its start."""
    on_path = path(1, (ROAD,))
    starts = [round(start_m * 100) for start_m, _ in starts_m_and_kmh]
    ends = [*starts[1:], on_path.path.end_offset_cm]
    spans = tuple(
        LimitSpan(PathId(1), start, end, posted_kmh(kmh, ROAD))
        for start, end, (_, kmh) in zip(starts, ends, starts_m_and_kmh, strict=True)
    )
    script = Script("limits")
    state = with_contents(State(basis=BASIS), *contents(ROAD, lanes=two_lanes(ROAD)))
    placed = type(on_path)(on_path.path, on_path.links, spans)
    script.send(with_path(state, placed), at=(1, ROAD.link_id, 0), snapshot=True)
    return seen(script)


def drawn(horizon: Reconstructor) -> list[str]:
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(strip(horizon))
    return console.export_text().splitlines()


@pytest.mark.parametrize("at_m", [100, 400, 900])
def test_a_limit_stands_where_it_begins(at_m: int) -> None:
    labels = limit_labels(with_limits((0, 50), (at_m, 30)))
    assert labels.startswith("50 ")
    assert labels.index("30") == int(at_m / COLUMN_M)


def test_a_limit_without_room_moves_right() -> None:
    assert limit_labels(with_limits((0, 50), (10, 30), (20, 70))).split() == ["50", "30", "70"]


def test_limits_without_any_room_leave_a_mark() -> None:
    labels = limit_labels(with_limits(*((10 * i, 30 + 10 * (i % 2)) for i in range(20))))
    assert "…" in labels
    assert len(labels) <= COLUMNS_COUNT + LABEL_SHIFT_COLUMNS_MAX


def test_each_lane_has_a_row_and_the_road_ends_where_it_ends() -> None:
    rows = drawn(with_limits((0, 50)))[1:3]
    lanes = round(ROAD.line.length_m / COLUMN_M)
    assert rows[0].count("─") == rows[1].count("─") == lanes
    assert rows[0].count("·") == COLUMNS_COUNT - lanes
    assert "·" not in rows[1]


def with_works(*, lanes_apply: bool, state: WorkZoneState = WorkZoneState.ACTIVE) -> Reconstructor:
    """The road with works from 310 to 620 m that close its right lane."""
    zone = WorkZone(
        id="w",
        source="test",
        start_time_us=0,
        end_time_us=0,
        lat_e7=(0,),
        lon_e7=(0,),
        confidence_permille=900,
        place_sigma_cm=0,
        lanes=(
            WorkZoneLane(0, WorkZoneLaneType.GENERAL, LaneStatus.OPEN),
            WorkZoneLane(1, WorkZoneLaneType.GENERAL, LaneStatus.CLOSED),
        ),
    )
    payload = encode_zone(zone)
    placement = WorkZonePlacement(PathId(1), "w", 31_250, 62_500, state, 900, lanes_apply)
    script = Script("works")
    content = with_contents(State(basis=BASIS), *contents(ROAD, lanes=two_lanes(ROAD)))
    held = {"w": WorkZoneContent("w", bytes_digest(payload), payload)}
    on_path = replace(path(1, (ROAD,)), zones=(placement,))
    script.send(replace(with_path(content, on_path), zones=held), at=(1, ROAD.link_id, 0), snapshot=True)
    return seen(script)


def test_a_closed_lane_is_crossed_out_over_the_works_only() -> None:
    left, right, works = drawn(with_works(lanes_apply=True))[1:4]
    assert "✕" not in left
    assert (right.index("✕"), right.rindex("✕")) == (10, 19)
    assert (works.index("▓"), works.rindex("▓")) == (10, 19)


@pytest.mark.parametrize("said", [{"lanes_apply": False}, {"lanes_apply": True, "state": WorkZoneState.PLANNED}])
def test_works_that_say_nothing_of_lanes_now_cross_none_out(said: dict[str, bool]) -> None:
    rows = drawn(with_works(**said))  # type: ignore[arg-type]
    assert not any("✕" in row for row in rows)
    assert any("▓" in row for row in rows)


def test_side_roads_are_marked_with_their_chance() -> None:
    (script,) = (stream() for stream in STREAMS if stream.__name__ == "side_path_becomes_root")
    script.frames.pop()  # not turned yet
    assert any("└30%" in row for row in drawn(seen(script)))


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.__name__)
def test_every_horizon_can_be_shown(stream: type) -> None:
    """Also one that answers nothing, with plain text free of control codes."""
    horizon = seen(stream())
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(panel(horizon, Traffic(), title="t", pose=None))
    assert "health" in console.export_text()
    line = plain_line(horizon, None)
    assert line.isprintable()


def test_the_columns_cover_the_whole_look_ahead() -> None:
    assert COLUMN_M * COLUMNS_COUNT == 2000.0
