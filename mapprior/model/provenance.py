"""How far a value can be trusted. Numbers equal those of `mapprior.v1` (a test holds them together)."""

from enum import IntEnum


class Basis(IntEnum):
    """How a value came to be known."""

    UNKNOWN = 1
    SIGNED = 2
    TAGGED = 3
    LAW_DEFAULT = 4
    INFERRED = 5
    DERIVED = 6
    SURVEYED = 7
    FEED = 8


class Layer(IntEnum):
    """A tile layer, by the driving level it serves."""

    L0 = 1
    L1 = 2
    L2 = 3
    L3 = 4


class ProfileGroup(IntEnum):
    """A part of a link's content that travels as one immutable message."""

    GEOMETRY = 1
    ROAD = 2
    LIMIT = 3
    LANE = 4
    CURVATURE = 5
    ELEVATION = 6
    CARRIAGEWAY = 7
    FEATURE = 8


LAYER_GROUPS: dict[Layer, tuple[ProfileGroup, ...]] = {
    Layer.L0: (ProfileGroup.GEOMETRY, ProfileGroup.ROAD, ProfileGroup.LIMIT),
    Layer.L1: (ProfileGroup.CURVATURE, ProfileGroup.ELEVATION, ProfileGroup.CARRIAGEWAY, ProfileGroup.FEATURE),
    Layer.L2: (ProfileGroup.LANE,),
}

GROUP_LAYER: dict[ProfileGroup, Layer] = {group: layer for layer, groups in LAYER_GROUPS.items() for group in groups}
