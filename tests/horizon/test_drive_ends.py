"""What is left of a drive that is over: nothing, and at once, without the collector of cycles."""

import gc

from mapprior.horizon.events import Open
from mapprior.horizon.session import Session
from mapprior.horizon.tree import PathTree
from mapprior.model.network import Network
from tests.asciimap import draw
from tests.horizon.pair import Pair


def living() -> set[int]:
    return {id(x) for x in gc.get_objects() if isinstance(x, Session | PathTree | Network)}


def test_a_drive_that_is_over_is_freed_at_once() -> None:
    road = draw("A---B---C---D\n        |\n        U", grid_m=50.0)
    gc.collect()
    gc.disable()
    try:
        before = living()
        pair = Pair(road, Open(horizon_length_m=400))
        pair.drive(road.poses("ABCD")[:5])
        assert len(pair.sides()) == 1
        assert len(living() - before) >= 3
        del pair
        assert not living() - before
    finally:
        gc.enable()
