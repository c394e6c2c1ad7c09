"""Valhalla's map matching beside ours: tiles from the same extract, the same fixes, asked as its users ask it.

`pyvalhalla` from 3.6 on brings the tile builder and needs Python 3.12; older ones cannot build tiles. Where it is
not importable the bench says so and goes on without.
"""

import json
import subprocess
import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mapprior.model.pose import Pose
from tests.bench.noisy_drives import Way

WINDOW_COUNT = 11
SHAPE_COUNT_MAX = 16_000
_ATTRIBUTES = ["edge.way_id", "edge.forward", "matched.edge_index", "matched.type"]

_NEGATIVE_FROM = 1 << 36  # ids that the maker of an extract has made up

Answer = Way | None


def why_missing() -> str:
    """Empty where Valhalla can be measured."""
    try:
        import valhalla
    except ImportError:
        return "pyvalhalla is not installed (pip install mapprior[bench], Python 3.12 or later)"
    if not _builder(Path(valhalla.__file__)).exists():
        return f"pyvalhalla {valhalla.__version__} has no tile builder; 3.6 or later has, for Python 3.12 or later"
    return ""


def _builder(module: Path) -> Path:
    return module.parent / "bin" / "valhalla_build_tiles"


class Valhalla:
    """The tiles of one extract. Costs count its own work: the request is a string made before."""

    def __init__(self, source: Path, folder: Path) -> None:
        import valhalla

        tiles = folder / "valhalla"
        config_file = folder / "valhalla.json"
        if not config_file.exists():
            tiles.mkdir(parents=True, exist_ok=True)
            config = valhalla.get_config(tile_extract="", tile_dir=tiles, verbose=False)
            config["mjolnir"]["concurrency"] = 1
            builder = _builder(Path(valhalla.__file__))
            staged = folder / "valhalla.building.json"
            staged.write_text(json.dumps(config))
            subprocess.run([builder, "-c", staged, _sorted_pbf(source, folder)], check=True, capture_output=True)
            staged.rename(config_file)
        self._actor = valhalla.Actor(config_file)

    def whole(self, poses: Sequence[Pose], *, drifts: bool) -> tuple[list[Answer], list[float]]:
        """One call for the trace; an answer per pose, and what one pose took on the mean, in us."""
        answers: list[Answer] = []
        took = 0.0
        for k in range(0, len(poses), SHAPE_COUNT_MAX):
            found, us = self._match(poses[k : k + SHAPE_COUNT_MAX], whole_options(poses, drifts=drifts))
            answers += found
            took += us
        return answers, [took / len(poses)]

    def running(self, poses: Sequence[Pose], *, drifts: bool) -> tuple[list[Answer], list[float]]:
        """At each pose the last 11 fixes, a second or more apart and this one the last, are matched anew."""
        options, apart_sec = running_options(poses, drifts=drifts)
        every = max(1, round(apart_sec / _step_sec(poses)))
        answers: list[Answer] = []
        costs: list[float] = []
        for k in range(len(poses)):
            found, us = self._match(poses[max(k % every, k - every * (WINDOW_COUNT - 1)) : k + 1 : every], options)
            answers.append(found[-1])
            costs.append(us)
        return answers, costs

    def _match(self, poses: Sequence[Pose], options: Mapping[str, float]) -> tuple[list[Answer], float]:
        if len(poses) < 2:
            return [None] * len(poses), 0.0
        request = json.dumps(self._request(poses, options))
        begun = time.perf_counter()
        try:
            answer = self._actor.trace_attributes(request)
        except RuntimeError:  # "Map Match algorithm failed to find path"
            return [None] * len(poses), (time.perf_counter() - begun) * 1e6
        us = (time.perf_counter() - begun) * 1e6
        found = json.loads(answer)
        ways: list[Way] = [(_as_in_source(edge["way_id"]), edge["forward"]) for edge in found["edges"]]
        points = found["matched_points"]
        answers = [ways[p["edge_index"]] if p.get("edge_index", 1 << 60) < len(ways) else None for p in points]
        return answers, us

    def _request(self, poses: Sequence[Pose], options: Mapping[str, float]) -> dict[str, Any]:
        sigma_m = poses[0].position_sigma_m or 5.0
        shape = [
            {
                "lat": round((p.lat_e7 or 0.0) * 1e-7, 7),
                "lon": round((p.lon_e7 or 0.0) * 1e-7, 7),
                "time": p.pose_time_us * 1e-6,
            }
            for p in poses
        ]
        radius_m = min(100.0, max(50.0, 3.0 * sigma_m + 20.0))
        return {
            "shape": shape,
            "costing": "auto",
            "shape_match": "map_snap",
            "trace_options": {"gps_accuracy": sigma_m, "search_radius": radius_m, **options},
            "filters": {"attributes": _ATTRIBUTES, "action": "include"},
        }


# The options it does best with, found on other drives than those reported, by sigma, time between fixes, and whether
# their noise drifts. With its defaults (10 m, 200) it is right on 24 to 52 % of a whole drive where 10 Hz meet 10 or
# 20 m.
_SIGMAS_M = (4.0, 8.0, 15.0)  # between those measured
_WHOLE_M = {  # by (does the noise drift, are the fixes less than half a second apart)
    (True, True): (10.0, 10.0, 40.0, 60.0),
    (True, False): (10.0, 10.0, 10.0, 60.0),
    (False, True): (25.0, 40.0, 60.0, 100.0),
    (False, False): (10.0, 15.0, 40.0, 100.0),
}
_FAR_APART_SEC = 5.0


def whole_options(poses: Sequence[Pose], *, drifts: bool) -> dict[str, float]:
    step_sec, size = _step_sec(poses), _size(poses)
    apart_m = 10.0 if step_sec >= _FAR_APART_SEC else _WHOLE_M[drifts, step_sec < 0.5][size]
    return {"interpolation_distance": apart_m, "turn_penalty_factor": 500.0 if size >= 2 else 200.0}


def running_options(poses: Sequence[Pose], *, drifts: bool) -> tuple[dict[str, float], float]:
    """And the seconds between the fixes of a window."""
    step_sec, size = _step_sec(poses), _size(poses)
    if drifts or step_sec >= _FAR_APART_SEC:
        apart_m, apart_sec = (10.0, 1.0) if size < 3 else (60.0, 2.0 if step_sec < 0.5 else 1.0)
        return {"interpolation_distance": apart_m, "turn_penalty_factor": 200.0 if size < 3 else 500.0}, apart_sec
    apart_m, apart_sec = ((10.0, 1.0), (25.0, 1.0), (10.0, 3.0), (60.0, 5.0))[size]
    return {"interpolation_distance": apart_m, "turn_penalty_factor": 500.0 if size >= 2 else 200.0}, apart_sec


def _size(poses: Sequence[Pose]) -> int:
    return bisect_right(_SIGMAS_M, poses[0].position_sigma_m or 5.0)


def _step_sec(poses: Sequence[Pose]) -> float:
    return (poses[-1].pose_time_us - poses[0].pose_time_us) * 1e-6 / max(1, len(poses) - 1)


def _sorted_pbf(source: Path, folder: Path) -> Path:
    """In the order of ids, all of them positive, as the tile builder wants it; it reads no XML."""
    import osmium

    out, renamed = folder / "sorted.osm.pbf", folder / "renamed.osm.pbf"
    with osmium.SimpleWriter(str(renamed), overwrite=True) as writer:
        for thing in osmium.FileProcessor(str(source)):
            if thing.is_node():
                writer.add(thing.replace(id=_positive(thing.id)))
            elif thing.is_way():
                nodes = [_positive(node.ref) for node in thing.nodes]
                writer.add(thing.replace(id=_positive(thing.id), nodes=nodes))
            elif all(member.ref > 0 for member in thing.members):
                writer.add(thing)
    reader = osmium.MergeInputReader()
    reader.add_file(str(renamed))
    with osmium.SimpleWriter(str(out), overwrite=True) as writer:
        reader.apply(writer)
    return out


def _positive(thing_id: int) -> int:
    return thing_id if thing_id > 0 else _NEGATIVE_FROM - thing_id


def _as_in_source(way_id: int) -> int:
    return way_id if way_id < _NEGATIVE_FROM else _NEGATIVE_FROM - way_id
