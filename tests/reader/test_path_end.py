"""Why a path ends: told from what a client holds, for each reason there is."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.cli.view_ahead import end_words
from mapprior.horizon.coverage import NEXT_UNREAD
from mapprior.horizon.events import Open
from mapprior.horizon.items import BorderState, CoverageState
from mapprior.model.ids import TileId, tile_of
from mapprior.model.link import RoadClass
from mapprior.model.provenance import Layer
from mapprior.reader.as_json import as_json
from mapprior.reader.path_end import PathEndKind, path_end
from tests.asciimap import Beyond, Drawn, draw
from tests.horizon.pair import Pair

PICTURE = """
    A----B----C----D
         |
         E
"""


def driven(drawn: Drawn, **opened: Any) -> Pair:
    pair = Pair(drawn, Open(**{"horizon_length_m": 600, **opened}))
    pair.drive(drawn.poses("AB", speed_mps=10.0)[:20])
    return pair


def ends(pair: Pair, speed_mps: float | None = 10.0) -> list[PathEndKind]:
    """Of the vehicle's path, then of the side paths."""
    paths = sorted(pair.reconstructor.state.paths.values(), key=lambda x: (x.path.parent_path_id != 0, x.path.path_id))
    return [path_end(pair.reconstructor, x, speed_mps=speed_mps).kind for x in paths]


@pytest.mark.parametrize(
    ("opened", "kinds"),
    [
        ({"horizon_length_m": 300, "stub_length_m": 50}, [PathEndKind.LENGTH, PathEndKind.LENGTH]),
        ({"horizon_length_m": 900, "stub_length_m": 50}, [PathEndKind.ROAD_END, PathEndKind.LENGTH]),
        ({"horizon_length_m": 900, "stub_length_m": 900}, [PathEndKind.ROAD_END, PathEndKind.ROAD_END]),
        (
            {"horizon_length_m": 0, "horizon_time_ms": 10_000, "stub_length_m": 50},
            [PathEndKind.LENGTH, PathEndKind.LENGTH],
        ),
        (
            {"horizon_length_m": 0, "horizon_time_ms": 99_000, "stub_length_m": 50},
            [PathEndKind.ROAD_END, PathEndKind.LENGTH],
        ),
    ],
)
def test_as_far_as_asked_for_or_to_the_end_of_the_road(opened: dict[str, Any], kinds: list[PathEndKind]) -> None:
    assert ends(driven(draw(PICTURE), **opened)) == kinds


def test_where_no_turn_is_allowed_roads_go_on_but_no_way_is_known() -> None:
    held = draw("A----B----C----D", restrictions=[["BC", "CD"]])
    assert ends(driven(held, horizon_length_m=2000)) == [PathEndKind.NO_WAY_KNOWN]


def test_a_tile_that_is_not_at_hand_is_no_end_of_the_road() -> None:
    drawn = draw("A----B" + "-" * 30 + "C" + "-" * 30 + "D-----E", grid_m=30.0)
    assert len(drawn.road_tiles) > 1
    pair = Pair(drawn, Open(horizon_length_m=2000, layers=frozenset((Layer.L0,))), tiles=False)
    pair.drive(drawn.poses("AB", speed_mps=10.0)[:1])
    pair.answer((Layer.L0, tile_of(drawn.link_ids["AB"])))
    pair.drive(drawn.poses("AB", speed_mps=10.0)[1:20])
    assert ends(pair) == [PathEndKind.NO_WAY_KNOWN]


def test_the_end_of_a_market_names_the_border() -> None:
    drawn = draw("A----B----C----D", market="GB", driving_side="left", border="C", beyond=Beyond("FR")).only("GB")
    held = driven(drawn, horizon_length_m=2000).reconstructor
    assert held.root is not None
    end = path_end(held, held.root)
    assert end.kind is PathEndKind.BORDER and end.border is not None
    assert end.border.to_market == "FR" and end.border.state is BorderState.NOT_SERVED


def test_how_far_was_asked_for_counts_from_the_end_of_the_link_and_by_speed() -> None:
    pair = driven(draw(PICTURE), horizon_length_m=0, horizon_time_ms=20_000)
    assert ends(pair, speed_mps=10.0)[0] is PathEndKind.LENGTH
    assert ends(pair, speed_mps=80.0)[0] is PathEndKind.ROAD_END


@given(st.floats(-30.0, 30.0), st.integers(100, 900))
def test_a_vehicle_at_the_very_end_of_its_link_has_no_other_reason(past_m: float, length_m: int) -> None:
    """Wherever it is near a node, a path that goes on as far as was asked for ends for that reason alone."""
    drawn = draw("A----B----C----D")
    lat_e7, lon_e7 = (
        drawn.at("BC", past_m) if past_m >= 0.0 else drawn.at("AB", drawn.link("AB").line.length_m + past_m)
    )
    pair = Pair(drawn, Open(horizon_length_m=length_m))
    pose = replace(drawn.poses("AB", speed_mps=10.0)[0], lat_e7=lat_e7, lon_e7=lon_e7, position_sigma_m=5.0)
    pair.pose(replace(pose, travelled_m=None))
    pair.pump()
    at = pair.reconstructor.reported.candidates[0]
    link_end_cm = next(x.end_offset_cm for x in pair.root.links if x.link_id == at.link_id)
    enough = pair.root.path.end_offset_cm - link_end_cm >= 100 * length_m
    assert ends(pair)[0] is (PathEndKind.LENGTH if enough else PathEndKind.ROAD_END)


WIDE = "A----B" + "-" * 30 + "C" + "-" * 30 + "D-----E"


def unread(drawn: Drawn, *ways: str) -> tuple[Pair, tuple[Layer, TileId]]:
    """A drive before the tile in which a link ends that another one follows; the tile cannot be read."""
    pair = Pair(drawn, Open(horizon_length_m=4000, stub_length_m=3000, layers=frozenset((Layer.L0,))))
    first = drawn.link("AB").link_id
    tiles = {tile_of(drawn.link(x).link_id) for x in ways}
    key = (Layer.L0, next(x for x in tiles if x != tile_of(first)))
    pair.failing[key] = "ZZ/L0.pmtiles: damaged"
    pair.drive(drawn.poses("AB", speed_mps=10.0)[:10])
    return pair, key


def test_where_the_next_tile_is_damaged_the_path_says_so_at_its_end() -> None:
    drawn = draw(WIDE, grid_m=30.0)
    pair, _ = unread(drawn, "BC", "CD", "DE")
    end = path_end(pair.reconstructor, pair.root)
    assert (end.kind, end.reason) == (PathEndKind.UNREAD, NEXT_UNREAD + "ZZ/L0.pmtiles: damaged")
    roads = [x for x in pair.root.coverage if x.layer is Layer.L0]
    assert [(x.state, x.reason) for x in roads] == [(CoverageState.PRESENT, ""), (CoverageState.PRESENT, end.reason)]
    assert (roads[-1].start_offset_cm, roads[-1].end_offset_cm) == (
        pair.root.links[-1].start_offset_cm,
        pair.root.path.end_offset_cm,
    )
    assert pair.reconstructor.health.reason == "ZZ/L0.pmtiles: damaged"
    told = as_json(pair.reconstructor)["paths"][0]["coverage"]
    assert end.reason in [x["reason"] for x in told]
    assert as_json(pair.reconstructor)["paths"][0]["end"] == {"kind": "UNREAD", "reason": end.reason}
    assert end_words(end) == end.reason


def test_a_tile_that_comes_after_all_takes_the_word_back() -> None:
    drawn = draw(WIDE, grid_m=30.0)
    pair, key = unread(drawn, "BC", "CD", "DE")
    del pair.failing[key]
    pair.answer(key)
    pair.drive(drawn.poses("AB", speed_mps=10.0)[10:20])
    assert [x.reason for x in pair.root.coverage if x.layer is Layer.L0] == [""]
    assert pair.root.path.end_offset_cm > 100_000 and ends(pair) == [PathEndKind.ROAD_END]


def test_a_side_path_says_so_too_and_the_others_do_not() -> None:
    down = "\n     |" * 30
    main = {"road_class": RoadClass.PRIMARY, "name": "Main Road"}
    drawn = draw(f"A----B----C{down}\n     D{down}\n     E{down}\n     F--G", ways={"ABC": main}, grid_m=30.0)
    pair, _ = unread(drawn, "DE", "EF", "FG")
    assert ends(pair) == [PathEndKind.ROAD_END, PathEndKind.UNREAD]
