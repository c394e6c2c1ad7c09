"""The profiles a horizon offers: what each is about, its unit, what it says between its entries, and where it lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from mapprior.model.profile import Interpolation
from mapprior.model.provenance import GROUP_LAYER, Layer, ProfileGroup


class ProfileKind(IntEnum):
    """A value over offset. The name is what JSON and the flat view call it."""

    CURVATURE = 1  # signed, positive to the left
    HEADING = 2  # of the road, from East counter-clockwise, in [-pi, pi]
    ELEVATION = 3  # above what the source counts from
    SLOPE = 4  # rise over run, positive uphill
    LANE_COUNT = 5  # of this direction
    SEPARATION = 6  # from oncoming traffic
    PEDESTRIANS = 7
    BICYCLES = 8
    HIGHWAY = 9  # UN R171 2.30: no pedestrians, no cyclists, directions physically separated
    SURFACE = 10
    TOLL = 11
    ROAD_CLASS = 12
    FORM_OF_WAY = 13
    TUNNEL = 14
    BRIDGE = 15
    SPEED_LIMIT = 16  # what holds for this vehicle, with all that is undecided
    ADVISORY_SPEED = 17  # recommended by a sign; never a limit
    CURVE_SPEED = 18  # that keeps to a lateral acceleration the client names


@dataclass(frozen=True, slots=True)
class ProfileDefinition:
    """`unit` of a number, `1` for a ratio or count; empty where the value is a word, a truth or an EffectiveLimit."""

    unit: str
    interpolation: Interpolation
    group: ProfileGroup

    @property
    def layer(self) -> Layer:
        return GROUP_LAYER[self.group]


def _linear(unit: str, group: ProfileGroup) -> ProfileDefinition:
    return ProfileDefinition(unit, Interpolation.LINEAR, group)


def _step(unit: str, group: ProfileGroup) -> ProfileDefinition:
    return ProfileDefinition(unit, Interpolation.STEP, group)


# SPOT values are features (`features_ahead`): things at a place, with more to say than one value.
PROFILES: Final[Mapping[ProfileKind, ProfileDefinition]] = MappingProxyType(
    {
        ProfileKind.CURVATURE: _linear("1/m", ProfileGroup.CURVATURE),
        ProfileKind.HEADING: _linear("rad", ProfileGroup.CURVATURE),
        ProfileKind.ELEVATION: _linear("m", ProfileGroup.ELEVATION),
        ProfileKind.SLOPE: _linear("1", ProfileGroup.ELEVATION),
        ProfileKind.LANE_COUNT: _step("1", ProfileGroup.CARRIAGEWAY),
        ProfileKind.SEPARATION: _step("", ProfileGroup.CARRIAGEWAY),
        ProfileKind.PEDESTRIANS: _step("", ProfileGroup.CARRIAGEWAY),
        ProfileKind.BICYCLES: _step("", ProfileGroup.CARRIAGEWAY),
        ProfileKind.HIGHWAY: _step("", ProfileGroup.CARRIAGEWAY),
        ProfileKind.SURFACE: _step("", ProfileGroup.CARRIAGEWAY),
        ProfileKind.TOLL: _step("", ProfileGroup.CARRIAGEWAY),
        ProfileKind.ROAD_CLASS: _step("", ProfileGroup.ROAD),
        ProfileKind.FORM_OF_WAY: _step("", ProfileGroup.ROAD),
        ProfileKind.TUNNEL: _step("", ProfileGroup.ROAD),
        ProfileKind.BRIDGE: _step("", ProfileGroup.ROAD),
        ProfileKind.SPEED_LIMIT: _step("", ProfileGroup.LIMIT),
        ProfileKind.ADVISORY_SPEED: _step("m/s", ProfileGroup.LIMIT),
        ProfileKind.CURVE_SPEED: _step("m/s", ProfileGroup.CURVATURE),
    }
)
