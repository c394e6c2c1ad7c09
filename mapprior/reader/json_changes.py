"""A horizon as JSON, told as what changed since the one before: `whole(before, changes(before, now))` is `now`.

What says the same as before is left out: of the object its keys, of each path all but its `path_id`. A key that is
there is whole; a path that is not listed is gone.
"""

from collections.abc import Collection
from typing import Final

from mapprior.reader.json_values import Json

# What a line may do without, each a key of the object or of its paths.
PARTS: Final = (
    *("basis", "health", "geometry", "links", "limits", "lanes", "work_zones", "coverage", "borders", "junctions"),
    *("profiles", "features", "events"),
)


def changes(before: Json, now: Json) -> Json:
    """The keys of `now` that say something else than `before`; paths by their id. Of `{}` everything is new."""
    paths = {x["path_id"]: x for x in before.get("paths", ())}
    told = _changed(before, {k: v for k, v in now.items() if k != "paths"})
    told["paths"] = [{"path_id": x["path_id"], **_changed(paths.get(x["path_id"], {}), x)} for x in now["paths"]]
    return told


def whole(before: Json, told: Json) -> Json:
    """What `changes` was made of, from the whole before it."""
    paths = {x["path_id"]: x for x in before.get("paths", ())}
    return {**before, **told, "paths": [{**paths.get(x["path_id"], {}), **x} for x in told["paths"]]}


def without(told: Json, parts: Collection[str]) -> Json:
    """The same without some of its PARTS."""
    kept = {k: v for k, v in told.items() if k not in parts}
    return {**kept, "paths": [{k: v for k, v in x.items() if k not in parts} for x in told["paths"]]}


def _changed(before: Json, now: Json) -> Json:
    return {k: v for k, v in now.items() if k not in before or before[k] != v}
