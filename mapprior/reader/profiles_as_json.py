"""Profiles, features, events and junctions of a path as plain JSON values; conventions as in `as_json.py`.

Speed limits are not among the profiles: the path's `limits` say more. Numbers have up to 6 decimals.
"""

from enum import IntEnum
from typing import Final

from mapprior.horizon.items import ROOT
from mapprior.horizon.update import PathItems
from mapprior.model.limit import EffectiveLimit
from mapprior.model.profile import Interpolation, JunctionKind, Side
from mapprior.model.provenance import ProfileGroup
from mapprior.reader.course import whole_path
from mapprior.reader.curve_speed import CurveSpeed, curve_speeds
from mapprior.reader.features import FeatureAhead, features_ahead
from mapprior.reader.json_values import Json, confidence, metres, probability, radians
from mapprior.reader.junctions import Junction, junctions, least_margin_ppm
from mapprior.reader.profile_kinds import PROFILES, ProfileKind
from mapprior.reader.profiles import ProfileEntry, ProfileValue, profile
from mapprior.reader.received import Received
from mapprior.reader.road_events import RoadEvent, road_events

_KINDS: Final = [x for x in ProfileKind if x not in (ProfileKind.SPEED_LIMIT, ProfileKind.CURVE_SPEED)]


def profiles_json(
    received: Received, on_path: PathItems, lateral_acceleration_mps2: float | None = None
) -> Json | None:
    """By kind, over all that is left of the path; UNKNOWN where nothing is known. A kind whose group the client did not
    subscribe to is left out: the map may know it. Curve speed only with a lateral acceleration.

    Of a side path only what was subscribed to by name, and not for the root alone; null without such: all profiles of
    all side paths were a megabyte.
    """
    groups = _groups_told(received, side=on_path.path.parent_path_id != ROOT)
    first_cm, end_cm = on_path.path.first_offset_cm, on_path.path.end_offset_cm
    course = whole_path(on_path)
    found: dict[ProfileKind, list[Json]] = {
        kind: [_entry(kind, x) for x in profile(received, course, kind, start_cm=first_cm, end_cm=end_cm)]
        for kind in _KINDS
        if PROFILES[kind].group in groups
    }
    if lateral_acceleration_mps2 is not None and ProfileGroup.CURVATURE in groups:
        speeds = curve_speeds(
            received, course, lateral_acceleration_mps2=lateral_acceleration_mps2, start_cm=first_cm, end_cm=end_cm
        )
        found[ProfileKind.CURVE_SPEED] = [_curve_speed(x) for x in speeds]
    if not found:
        return None
    return {
        kind.name: {
            "unit": PROFILES[kind].unit or None,
            "interpolation": PROFILES[kind].interpolation.name,
            "layer": PROFILES[kind].layer.name,
            "entries": entries,
        }
        for kind, entries in found.items()
    }


def _groups_told(received: Received, *, side: bool) -> frozenset[ProfileGroup]:
    subscribed = received.opened.subscriptions
    if side:
        return frozenset(x.group for x in subscribed if not x.root_only)
    # limits come with the paths
    return frozenset((*(x.group for x in subscribed), ProfileGroup.LIMIT)) if subscribed else frozenset(ProfileGroup)


def features_json(received: Received, on_path: PathItems) -> list[Json]:
    return [_feature(x) for x in features_ahead(received, whole_path(on_path), length_cm=on_path.path.end_offset_cm)]


def events_json(received: Received, on_path: PathItems) -> list[Json]:
    return [_event(x) for x in road_events(received, whole_path(on_path), length_cm=on_path.path.end_offset_cm)]


def junctions_json(received: Received, on_path: PathItems) -> Json:
    """The junctions of a path, and `margin`, the least of theirs: 1 where nothing leaves the path, null where a byte
    budget may have left out what does."""
    found = list(junctions(received, on_path))
    return {"margin": _margin(least_margin_ppm(received, found)), "junctions": [_junction(x) for x in found]}


def _margin(margin_ppm: int | None) -> float | None:
    return None if margin_ppm is None else probability(margin_ppm)


def _entry(kind: ProfileKind, x: ProfileEntry) -> Json:
    linear = PROFILES[kind].interpolation is Interpolation.LINEAR
    ends = {"end_value": _value(x.end_value), "end_sigma": _value(x.end_sigma)} if linear else {}
    return {
        "start_offset_m": round(x.start_m, 2),
        "end_offset_m": round(x.end_m, 2),
        "value": _value(x.value),
        "sigma": _value(x.sigma),
        **ends,
        "basis": x.basis.name,
        "confidence": None if x.confidence_permille is None else confidence(x.confidence_permille),
        "source": x.source or None,
    }


def _curve_speed(x: CurveSpeed) -> Json:
    """`is_bounded` tells the two meanings of a `value` of null apart: false where the road bends too little to bound
    the speed, null where that is not known. `cautious_value` is that of the curvature and two sigma more.
    """
    return {
        "start_offset_m": round(x.start_m, 2),
        "end_offset_m": round(x.end_m, 2),
        "is_bounded": x.is_bounded,
        "value": _value(x.speed_mps),
        "sigma": _value(x.sigma_mps),
        "cautious_value": _value(x.cautious_mps),
        "curvature_per_m": _value(x.curvature_per_m),
        "basis": x.basis.name,
        "confidence": None,
        "source": x.source or None,
    }


def _value(value: ProfileValue) -> float | int | bool | str | None:
    if isinstance(value, EffectiveLimit):
        raise TypeError("a limit is written with the path's limits")
    if isinstance(value, IntEnum):
        return value.name
    return round(value, 6) if isinstance(value, float) else value


def _feature(x: FeatureAhead) -> Json:
    feature = x.feature
    return {
        "id": x.feature_id,
        "kind": x.kind.name,
        "start_offset_m": round(x.distance_m, 2),
        "end_offset_m": round(x.end_m, 2),
        "place_sigma_m": metres(feature.place_sigma_cm) if feature.place_sigma_cm else None,
        "junction": None if feature.junction is JunctionKind.UNKNOWN else feature.junction.name,
        "extent_m": metres(feature.extent_cm) if feature.extent_cm else None,
        "extent_sigma_m": metres(feature.extent_sigma_cm) if feature.extent_sigma_cm else None,
        "extent_basis": feature.extent_basis.name if feature.extent_cm else None,
        "side": None if feature.side is Side.UNKNOWN else feature.side.name.lower(),
        "number": feature.number or None,
        "name": feature.name or None,
        "destinations": list(feature.destinations),
        "basis": x.basis.name,
        "confidence": confidence(x.confidence_permille),
        "source": x.source or None,
        "raw": feature.raw or None,
    }


def _event(x: RoadEvent) -> Json:
    return {
        "id": x.event_id,
        "kind": x.kind.name,
        "start_offset_m": round(x.distance_m, 2),
        "end_offset_m": round(x.end_m, 2),
        "place_sigma_m": x.place_sigma_m,
        "on_highway": x.on_highway,
        "basis": x.basis.name,
        "confidence": confidence(x.confidence_permille),
        "rests_on": list(x.rests_on),
    }


def _junction(x: Junction) -> Json:
    return {
        "offset_m": metres(x.offset_cm),
        "probability": probability(x.reach_ppm),
        "continuation": probability(x.continuation_ppm),
        "margin": _margin(x.margin_ppm),
        "turn_angle_rad": None if x.turn_angle_mrad is None else radians(x.turn_angle_mrad),
        "stubs": [
            {
                "path_id": stub.path_id,
                "probability": probability(stub.probability_ppm),
                "share": probability(stub.share_ppm),
                "turn_angle_rad": radians(stub.turn_angle_mrad),
            }
            for stub in x.stubs
        ],
    }
