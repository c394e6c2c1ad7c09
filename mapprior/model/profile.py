"""Layer L1: what driver assistance wants to know of a link, beside its class and its limits.

Each class is one content message (`protos/mapprior/v1/profile.proto`); `s` of a link is given in whole centimetres of
its `length_cm`. CURVATURE and ELEVATION are kept once for both directions of a road, under the link that holds its
geometry: `reversed` gives what the other direction has.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from mapprior.model.provenance import Basis, ProfileGroup

_HALF_TURN_MRAD: Final = 3142

# Kept under the link that holds the geometry; the other direction reverses it.
SHARED_GROUPS: Final = frozenset((ProfileGroup.CURVATURE, ProfileGroup.ELEVATION))


class Interpolation(IntEnum):
    """What a profile says between its entries."""

    SPOT = 1  # a value at a place, nothing in between
    STEP = 2  # holds from its start to its end
    LINEAR = 3  # goes straight from entry to entry


class Separation(IntEnum):
    """What stands between this carriageway and oncoming traffic."""

    UNKNOWN = 1
    NONE = 2
    PHYSICAL = 3  # a strip, barrier or wall that cannot be crossed by design


class Permission(IntEnum):
    UNKNOWN = 1
    PROHIBITED = 2
    ALLOWED = 3


class Toll(IntEnum):
    UNKNOWN = 1
    NO = 2
    YES = 3


class Surface(IntEnum):
    UNKNOWN = 1
    PAVED = 2  # paved, it is not said with what
    ASPHALT = 3
    CONCRETE = 4
    PAVING_STONES = 5
    COBBLESTONE = 6
    UNPAVED = 7  # not paved, it is not said what it is
    GRAVEL = 8
    GROUND = 9
    METAL = 10
    WOOD = 11
    OTHER = 12


class HeightReference(IntEnum):
    """What elevations count from."""

    UNKNOWN = 1
    ORTHOMETRIC = 2  # mean sea level, by some geoid
    ELLIPSOIDAL = 3  # the WGS84 ellipsoid


class FeatureKind(IntEnum):
    """What stands or happens at a place along a link."""

    TRAFFIC_LIGHT = 1
    STOP = 2
    GIVE_WAY = 3
    PEDESTRIAN_CROSSING = 4
    RAIL_CROSSING = 5
    SPEED_BUMP = 6
    TOLL_STATION = 7
    FORD = 8
    LANE_END = 9
    LANE_BEGIN = 10
    MERGE = 11  # another carriageway joins here
    EXIT = 12  # a slip road leaves here
    HAZARD = 13
    JUNCTION = 14  # at the end of the link
    MOTORWAY_BEGIN = 15
    MOTORWAY_END = 16
    TUNNEL = 17  # a whole tunnel may span links: `extent_cm` is its length
    BRIDGE = 18


class JunctionKind(IntEnum):
    """How a junction is ruled for who arrives on this link."""

    UNKNOWN = 1
    SIGNALLED = 2
    STOP = 3
    GIVE_WAY = 4
    ROUNDABOUT = 5
    MINI_ROUNDABOUT = 6
    GRADE_SEPARATED = 7  # carriageways part or join without crossing


class Side(IntEnum):
    UNKNOWN = 1
    LEFT = 2
    RIGHT = 3
    BOTH = 4


@dataclass(frozen=True, slots=True)
class LinkCurvature:
    """Curvature along the line, LINEAR between its points, and heading, its integral: clothoids, as far as the source
    allows.

    Points ascend from 0 to the link's length. Curvature is positive to the left. Sigmas are of one standard deviation.
    `chord_error_max_cm`: the curve that these curvatures make stays this near to the line of the map.
    """

    basis: Basis
    points_cm: tuple[int, ...]
    curvature_e6_per_m: tuple[int, ...]
    curvature_sigma_e6_per_m: tuple[int, ...]
    heading_mrad: tuple[int, ...]  # from East counter-clockwise, in [-3142, 3142]
    heading_sigma_mrad: tuple[int, ...]
    chord_error_max_cm: int

    def reversed(self) -> "LinkCurvature":
        """The same road driven the other way."""
        end_cm = self.points_cm[-1]
        return LinkCurvature(
            self.basis,
            tuple(end_cm - x for x in reversed(self.points_cm)),
            tuple(-x for x in reversed(self.curvature_e6_per_m)),
            self.curvature_sigma_e6_per_m[::-1],
            tuple(_opposite_mrad(x) for x in reversed(self.heading_mrad)),
            self.heading_sigma_mrad[::-1],
            self.chord_error_max_cm,
        )

    def fitted(self, length_cm: int) -> "LinkCurvature":
        """On a link of this length: the two directions of a road are measured apart and differ by some centimetres."""
        return replace(self, points_cm=_fitted(self.points_cm, length_cm)) if self.points_cm[-1] != length_cm else self


@dataclass(frozen=True, slots=True)
class LinkElevation:
    """Elevation and slope along the line, LINEAR between its points; each list is empty where it is not known.

    Slope is rise over run, positive uphill. `slope_basis` is None where it is `basis`.
    """

    basis: Basis
    points_cm: tuple[int, ...]
    elevation_cm: tuple[int, ...] = ()
    elevation_sigma_cm: tuple[int, ...] = ()
    slope_e4: tuple[int, ...] = ()
    slope_sigma_e4: tuple[int, ...] = ()
    height_reference: HeightReference = HeightReference.UNKNOWN
    slope_basis: Basis | None = None

    def reversed(self) -> "LinkElevation":
        """The same road driven the other way."""
        end_cm = self.points_cm[-1]
        return LinkElevation(
            self.basis,
            tuple(end_cm - x for x in reversed(self.points_cm)),
            self.elevation_cm[::-1],
            self.elevation_sigma_cm[::-1],
            tuple(-x for x in reversed(self.slope_e4)),
            self.slope_sigma_e4[::-1],
            self.height_reference,
            self.slope_basis,
        )

    def fitted(self, length_cm: int) -> "LinkElevation":
        """On a link of this length, as for curvature."""
        return replace(self, points_cm=_fitted(self.points_cm, length_cm)) if self.points_cm[-1] != length_cm else self


@dataclass(frozen=True, slots=True)
class LinkCarriageway:
    """What holds on the whole link, in its direction: STEP profiles. Every value has the basis it stands on."""

    lanes_count: int = 0  # of this direction; 0 unknown
    lanes_basis: Basis = Basis.UNKNOWN
    separation: Separation = Separation.UNKNOWN
    separation_basis: Basis = Basis.UNKNOWN
    pedestrians: Permission = Permission.UNKNOWN
    pedestrians_basis: Basis = Basis.UNKNOWN
    bicycles: Permission = Permission.UNKNOWN
    bicycles_basis: Basis = Basis.UNKNOWN
    surface: Surface = Surface.UNKNOWN
    surface_basis: Basis = Basis.UNKNOWN
    surface_raw: str = ""
    toll: Toll = Toll.UNKNOWN
    toll_basis: Basis = Basis.UNKNOWN


@dataclass(frozen=True, slots=True)
class LinkFeature:
    """One thing along a link: SPOT where `end_cm` is `start_cm`, else STEP from one to the other."""

    kind: FeatureKind
    start_cm: int
    end_cm: int
    basis: Basis
    confidence_permille: int  # chance that it is there, for this direction; of a junction, whatever its kind
    place_sigma_cm: int = 0  # along the link; 0 unknown
    junction: JunctionKind = JunctionKind.UNKNOWN
    extent_cm: int = 0  # diameter of a roundabout, length of a whole tunnel or bridge; 0 unknown
    side: Side = Side.UNKNOWN  # where it lies, leaves, joins or ends
    number: str = ""  # of an exit or junction, as posted
    name: str = ""
    destinations: tuple[str, ...] = ()  # as posted
    raw: str = ""  # the source's own words
    extent_basis: Basis = Basis.UNKNOWN  # of `extent_cm`, which may rest on other than the thing itself
    extent_sigma_cm: int = 0  # 0 unknown


@dataclass(frozen=True, slots=True)
class LinkFeatures:
    """All of a link, by start, then kind."""

    features: tuple[LinkFeature, ...]


def _opposite_mrad(heading_mrad: int) -> int:
    return heading_mrad + _HALF_TURN_MRAD if heading_mrad <= 0 else heading_mrad - _HALF_TURN_MRAD


def _fitted(points_cm: tuple[int, ...], length_cm: int) -> tuple[int, ...]:
    """Places stretched to another length, still ascending: a point that would fall on its neighbour gives way."""
    end_cm, last = points_cm[-1], len(points_cm) - 1
    places: list[int] = []
    for i, x in enumerate(points_cm):
        place_cm = (2 * x * length_cm + end_cm) // (2 * end_cm)
        places.append(max(i, min(place_cm, length_cm - (last - i)), places[-1] + 1 if places else 0))
    return tuple(places)
