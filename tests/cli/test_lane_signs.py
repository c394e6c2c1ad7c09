"""Where lanes lead: from the tags of a drawn motorway to what a person and a program read."""

import io
import re

from rich.console import Console

from mapprior.cli.horizon import DEFAULT, show
from mapprior.cli.view import panel
from mapprior.client import Traffic
from mapprior.geo.frame import LocalFrame
from mapprior.model.pose import Pose
from mapprior.reader.as_json import as_json
from mapprior.runtime.replay import horizon_once
from mapprior.tile.store import open_markets
from tests.build.osm_text import LAT0_E7, LON0_E7, Built, osm_xml

SIGNED = {"highway": "motorway", "oneway": "yes", "lanes": "3", "destination:lanes": "Far|Far;Near|"}
SIGNED["destination:ref:lanes"] = "A 1|A 1|"


def test_signs_of_lanes_are_told(tmp_path, capsys):
    built = Built(tmp_path, osm_xml({1: (0, 0), 2: (500, 0)}, {1: ([1, 2], SIGNED)}))
    lat_e7, lon_e7 = LocalFrame(lat0_e7=LAT0_E7, lon0_e7=LON0_E7).lat_lon_e7(100, 0)
    pose = Pose(1_800_000_000_000_000, lat_e7, lon_e7, 0.0, speed_mps=20.0, position_sigma_m=2.0)
    with open_markets([built.out_dir]) as store:
        held = horizon_once(store, pose, opening=DEFAULT)
    answer = as_json(held)
    said = [["A 1", "Far"], ["A 1", "Far", "Near"], []]
    assert [x["destinations"] for x in answer["paths"][0]["lanes"]] == said
    show(answer, {x["path_id"]: "" for x in answer["paths"]})
    assert re.search(r"│ lanes, signs +│ A 1, Far \| A 1, Far, Near \| - +│", capsys.readouterr().out)
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(panel(held, Traffic(), title="", pose=pose))
    assert "A 1, Far │ A 1, Far, Near │ ·" in console.export_text()
