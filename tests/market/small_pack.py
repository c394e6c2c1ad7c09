"""The smallest pack that says something, for tests that break it or fill it."""

from typing import Any

SOURCED = {"sources": ["statute"], "confidence": "sourced"}


def small_pack(**changes: Any) -> dict[str, Any]:
    """A pack of a made-up market QM; `changes` replace whole parts."""
    pack: dict[str, Any] = {
        "schema": 1,
        "market": "QM",
        "name": "Quietland",
        "dated": "2026-01-31",
        "sources": {"statute": {"what": "the law of Quietland", "kind": "primary law"}},
        "osm": {"references": ["QM:rural", "QM:zone30"], "default_speed_keys": []},
        "driving_side": {"value": "right", **SOURCED},
        "speed_unit": {"value": "km/h", **SOURCED},
        "shoulder": {"sources": [], "confidence": "unknown"},
        "rescue_lane": {"value": {"duty": True}, **SOURCED},
        "lane_width_m": {"motorway": {"value": 3.5, **SOURCED}},
        "work_zone": {"marking_colour": {"value": "yellow", "note": "seen there", **SOURCED}},
        "lane_markings": {"permanent_colour": {"value": "white", **SOURCED}},
        "regulation": {"un_1958_party": {"value": True, **SOURCED}},
        "data_regime": {"law": {"value": "none", **SOURCED}},
        "road_types": [
            {"name": "rural", "when": ["rural"]},
            {"name": "motorway", "aliases": ["express"], "when": ["motorway"]},
            {"name": "named_only"},
        ],
        "limits": [
            limit("rural", "maxspeed", "80"),
            limit("rural", "maxspeed:conditional", "60 @ (trailer); 50 @ (snow)"),
            limit("rural", "maxspeed:hgv", "70"),
            limit("motorway", "maxspeed", "none"),
            limit("motorway", "maxspeed:advisory", "130"),
            limit("motorway", "minspeed", "60"),
        ],
        "rule_notes": [{"value": "drive well", **SOURCED}],
    }
    return {**pack, **changes}


def limit(road_type: str, key: str, value: str, **more: str) -> dict[str, Any]:
    """One entry of the law."""
    return {"road_type": road_type, "key": key, "value": value, **SOURCED, **more}
