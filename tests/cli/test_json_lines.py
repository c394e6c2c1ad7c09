"""Lines that say only what changed lead back to the whole ones."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.cli.json_lines import Lines, named_parts
from mapprior.errors import ConfigError
from mapprior.horizon.events import Open
from mapprior.reader.as_json import as_json
from mapprior.reader.json_changes import PARTS, changes, whole, without
from mapprior.reader.json_values import Json
from tests.asciimap import draw
from tests.horizon.pair import Pair
from tests.match.networks import TOWN, drives

VALUES = st.none() | st.integers(0, 2) | st.lists(st.integers(0, 2), max_size=2)
PATHS = st.lists(
    st.fixed_dictionaries({"path_id": st.integers(1, 4)}, optional={"lanes": VALUES, "limits": VALUES}),
    max_size=4,
    unique_by=lambda x: x["path_id"],
)


@given(st.lists(st.fixed_dictionaries({"state": VALUES, "reason": VALUES, "paths": PATHS}), max_size=5))
def test_lines_of_changes_lead_back_to_the_whole(states: list[Json]) -> None:
    before: Json = {}
    held: Json = {}
    for now in states:
        # a horizon always has the same keys
        now = {**now, "paths": [{"lanes": None, "limits": None, **x} for x in now["paths"]]}
        told = json.loads(json.dumps(changes(before, now)))
        held, before = whole(held, told), now
        assert held == now
        assert changes(now, now) == {"paths": [{"path_id": x["path_id"]} for x in now["paths"]]}


@given(drives())
def test_so_do_those_of_a_drive(letters: str) -> None:
    pair = Pair(TOWN, Open(horizon_length_m=400))
    every, changed = Lines("stated"), Lines("stated", changes_only=True)
    held: Json = {}
    for pose in TOWN.poses(letters, rate_hz=1.0):
        pair.drive([pose])
        full = json.loads(every.line(pair.reconstructor))
        held = whole(held, json.loads(changed.line(pair.reconstructor)))
        assert held == full == {"times": "stated", **json.loads(json.dumps(as_json(pair.reconstructor)))}


def test_a_line_may_do_withoutnamed_parts() -> None:
    drawn = draw("A----B----C")
    pair = Pair(drawn)
    pair.drive(drawn.poses("AB")[:5])
    full = as_json(pair.reconstructor)
    for part in PARTS:
        assert part in full or all(part in x for x in full["paths"])
        less = without(full, {part})
        assert part not in less and not any(part in x for x in less["paths"])
        assert {*full, *full["paths"][0]} - {*less, *less["paths"][0]} == {part}
    assert named_parts("geometry, lanes") == {"geometry", "lanes"} and named_parts("") == frozenset()
    with pytest.raises(ConfigError, match="--jsonl-without 'paths'; allowed: basis"):
        named_parts("geometry,paths")
