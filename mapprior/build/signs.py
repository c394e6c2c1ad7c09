"""What a node on a road says: a traffic light, a stop line, a crossing, a bump, an exit number, and for whom.

Only tags are read here; on which links a sign stands is for `sign_places.py`. Confidence and sigma are working figures,
not measured ones: a node is traced from imagery to about 3 m; a light may be mapped at its stop line, its pole or its
junction; a hazard anywhere between the sign and the danger.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from mapprior.build.access import Refused
from mapprior.geo.units import heading_rad_from_bearing_deg
from mapprior.model.profile import FeatureKind
from mapprior.model.provenance import Basis

Tags = Mapping[str, str]

NODE_SIGMA_CM: Final = 300
_SIGMA_CM: Final = {
    FeatureKind.TRAFFIC_LIGHT: 500,
    FeatureKind.STOP: 500,
    FeatureKind.GIVE_WAY: 500,
    FeatureKind.PEDESTRIAN_CROSSING: NODE_SIGMA_CM,
    FeatureKind.RAIL_CROSSING: 500,
    FeatureKind.SPEED_BUMP: NODE_SIGMA_CM,
    FeatureKind.TOLL_STATION: 1000,
    FeatureKind.FORD: 1000,
    FeatureKind.HAZARD: 5000,
}
# Signs that stand before a junction and hold for who drives towards it.
FACING_JUNCTIONS: Final = frozenset({FeatureKind.TRAFFIC_LIGHT, FeatureKind.STOP, FeatureKind.GIVE_WAY})

_LIGHT_THAT_BLINKS: Final = frozenset({"blinker", "blink_mode", "blinking", "flashing"})
_NO_LIGHT: Final = frozenset({"no", "none", "disused", "removed"})
_SIGNALLED: Final = frozenset({"traffic_signals", "pelican", "toucan", "puffin", "pegasus"})
_NO_CROSSING: Final = frozenset({"no", "none"})
_UNMARKED: Final = frozenset({"unmarked", "informal"})
_RAILS: Final = {  # chance that rails cross the carriageway: the last two are words for where people cross
    "level_crossing": 980,
    "tram_level_crossing": 980,
    "crossing": 600,
    "tram_crossing": 600,
}
_BUMPS: Final = frozenset(
    {"bump", "mini_bumps", "hump", "table", "cushion", "dip", "double_dip", "dynamic_bump", "rumble_strip"}
)
_NO_BUMPS: Final = frozenset({"choker", "chicane", "island", "yes", "no", "painted_island", "painted_table", "divider"})
_ALL_WAYS: Final = frozenset({"all", "4way", "3way"})
_DIRECTIONS: Final = frozenset({"forward", "backward", "both"})
_POINTS: Final = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")


@dataclass(frozen=True, slots=True)
class Sign:
    """One statement of a node. `direction` is for whom, along the way: forward, backward, both; empty: not said.

    `heading_mrad`: of the traffic it is for, where the source gives the way the sign looks as a bearing.
    """

    kind: FeatureKind
    basis: Basis
    confidence_permille: int
    place_sigma_cm: int
    raw: str
    direction: str = ""
    heading_mrad: int | None = None
    all_ways: bool = False  # of a stop sign: everybody who arrives has to stop
    of_crossing: bool = False  # of a light: known only from the crossing it guards
    guards_crossing: bool = False  # of a light: people cross at it, whether it is mapped as a light too or not
    lone: bool = False  # such a one with no other light near: it stops both directions and rules no junction


def signs_of(tags: Tags, refused: Refused) -> list[Sign]:
    """All signs of a node, by kind; one node may say several things."""
    highway = frozenset(tags.get("highway", "").split(";"))
    found = [*_lights(tags, highway, refused), *_stops(tags, highway, refused), *_crossings(tags, highway)]
    for word in tags.get("railway", "").split(";"):
        if word in _RAILS:
            said = [f"railway={word}", *(f"{k}={v}" for k, v in sorted(tags.items()) if k in _RAIL_DETAILS)]
            found.append(_sign(FeatureKind.RAIL_CROSSING, _RAILS[word], "; ".join(said)))
    for word in tags.get("traffic_calming", "").split(";"):
        if word in _BUMPS:
            found.append(_directed(_sign(FeatureKind.SPEED_BUMP, 950, f"traffic_calming={word}"), tags, refused))
        elif word and word not in _NO_BUMPS:
            refused.append(("traffic calming not understood", f"traffic_calming={word}"))
    if tags.get("barrier") == "toll_booth":
        found.append(_directed(_sign(FeatureKind.TOLL_STATION, 950, "barrier=toll_booth"), tags, refused))
    elif "toll_gantry" in highway:
        found.append(_directed(_sign(FeatureKind.TOLL_STATION, 950, "highway=toll_gantry"), tags, refused))
    if tags.get("ford", "no") not in ("no", "stepping_stones", "boat"):
        found.append(_sign(FeatureKind.FORD, 950, f"ford={tags['ford']}"))
    if tags.get("hazard", "no") != "no":
        found.append(_directed(_sign(FeatureKind.HAZARD, 900, f"hazard={tags['hazard']}"), tags, refused))
    return found


_RAIL_DETAILS: Final = frozenset({"crossing:barrier", "crossing:light", "crossing:bell"})


def _sign(kind: FeatureKind, confidence_permille: int, raw: str) -> Sign:
    return Sign(kind, Basis.TAGGED, confidence_permille, _SIGMA_CM[kind], raw)


def _lights(tags: Tags, highway: frozenset[str], refused: Refused) -> list[Sign]:
    """A signalled crossing is a light too, but maybe the one that is mapped beside it as a node of its own."""
    kind = tags.get("traffic_signals", "")
    word = _crossing_words(tags) & _SIGNALLED
    if "traffic_signals" in highway and kind not in _NO_LIGHT:
        confidence_permille = 500 if kind in _LIGHT_THAT_BLINKS else 950
        raw = "highway=traffic_signals" + (f"; traffic_signals={kind}" if kind else "")
        light = replace(_sign(FeatureKind.TRAFFIC_LIGHT, confidence_permille, raw), guards_crossing=bool(word))
        return [_directed(light, tags, refused)]
    signals = tags.get("crossing:signals", "no")
    if not word and signals == "no":
        return []
    raw = f"crossing={tags['crossing']}" if word else f"crossing:signals={signals}"
    sigma_cm = _SIGMA_CM[FeatureKind.TRAFFIC_LIGHT]
    light = Sign(FeatureKind.TRAFFIC_LIGHT, Basis.INFERRED, 700, sigma_cm, raw, of_crossing=True, guards_crossing=True)
    return [_directed(light, tags, refused)]


def _crossing_words(tags: Tags) -> frozenset[str]:
    return frozenset(tags.get("crossing", "").split(";")) - {""}


def _stops(tags: Tags, highway: frozenset[str], refused: Refused) -> list[Sign]:
    if "stop" in highway:
        whom = tags.get("stop", "")
        raw = "highway=stop" + (f"; stop={whom}" if whom else "")
        sign = _directed(_sign(FeatureKind.STOP, 950, raw), tags, refused)
        return [replace(sign, all_ways=whom in _ALL_WAYS)]
    if "give_way" in highway:
        return [_directed(_sign(FeatureKind.GIVE_WAY, 950, "highway=give_way"), tags, refused)]
    return []


def _crossings(tags: Tags, highway: frozenset[str]) -> list[Sign]:
    if "railway" in tags and "crossing" not in highway:
        return []  # then `crossing` speaks of the rails
    words = _crossing_words(tags)
    if not words <= _NO_CROSSING or (not words and "crossing" in highway):
        raw = f"crossing={tags['crossing']}" if words else "highway=crossing"
        marking = tags.get("crossing:markings", tags.get("crossing_ref", ""))
        if marking:
            raw += f"; {'crossing:markings' if 'crossing:markings' in tags else 'crossing_ref'}={marking}"
        # Where nothing is painted people may cross, and mostly nobody has to let them.
        confidence_permille = 600 if words & _UNMARKED or marking == "no" else 950
        return [_sign(FeatureKind.PEDESTRIAN_CROSSING, confidence_permille, raw)]
    return []


def _directed(sign: Sign, tags: Tags, refused: Refused) -> Sign:
    """The sign with what the node says of its direction."""
    of_light = sign.kind is FeatureKind.TRAFFIC_LIGHT and "traffic_signals:direction" in tags
    key = "traffic_signals:direction" if of_light else "direction"
    text = tags.get(key)
    if text is None:
        return sign
    raw = f"{sign.raw}; {key}={text}"
    if text in _DIRECTIONS:
        return replace(sign, direction=text, raw=raw)
    bearing_deg = _bearing_deg(text)
    if bearing_deg is None:
        refused.append(("direction of a sign not understood", f"{key}={text}"))
        return sign
    # A sign looks at those it is for.
    return replace(sign, heading_mrad=round(heading_rad_from_bearing_deg(bearing_deg + 180.0) * 1000), raw=raw)


def _bearing_deg(text: str) -> float | None:
    if text in _POINTS:
        return 22.5 * _POINTS.index(text)
    if text.isascii() and text.isdigit() and int(text) <= 360:
        return float(text)
    return None
