"""Draws the synthetic work-zone feed (WZDx 4.2) that lies on the synthetic motorway.

One zone: the rightmost of three eastbound lanes is closed over 1.1 km and the limit falls from 120 to 80 km/h.
Its dates span decades so that it is active whenever someone tries it.
"""

import json

from mapprior.geo.units import E7
from tiles.synthetic.motorway import main_axis

ZONE_ID = "synthetic-zone-1"
START_STATION_M = 14_800.0
END_STATION_M = 15_900.0
LIMIT_KMH = 80
CLOSED_LANE_ORDER = 3
LANE_COUNT = 3
_MADE = "2025-01-01T00:00:00Z"


def draw() -> str:
    """The feed as GeoJSON text."""
    source = {"data_source_id": "synthetic", "organization_name": "mapprior synthetic sample", "update_date": _MADE}
    feed = {
        "feed_info": {
            "publisher": "mapprior synthetic sample",
            "version": "4.2",
            "update_date": _MADE,
            "license": "https://creativecommons.org/publicdomain/zero/1.0/",
            "data_sources": [source],
            "synthetic": True,  # an extension of ours: no such works exist
        },
        "type": "FeatureCollection",
        "features": [{"id": ZONE_ID, "type": "Feature", "properties": _properties(), "geometry": _geometry()}],
    }
    return json.dumps(feed, indent=1) + "\n"


def _geometry() -> dict[str, object]:
    axis = main_axis()
    places_e7 = [axis.place_e7(station_m, 0.0) for station_m in axis.stations(START_STATION_M, END_STATION_M)]
    return {"type": "LineString", "coordinates": [[lon_e7 / E7, lat_e7 / E7] for lat_e7, lon_e7 in places_e7]}


def _properties() -> dict[str, object]:
    lanes = [
        {"order": order, "type": "general", "status": "closed" if order == CLOSED_LANE_ORDER else "open"}
        for order in range(1, LANE_COUNT + 1)
    ]
    return {
        "core_details": {
            "data_source_id": "synthetic",
            "event_type": "work-zone",
            "road_names": ["Z 1"],
            "direction": "eastbound",
            "name": "Synthetic resurfacing",
            "description": "SYNTHETIC: no such works exist. Right lane closed for resurfacing.",
            "update_date": _MADE,
        },
        "start_date": _MADE,
        "end_date": "2099-12-31T00:00:00Z",
        "is_start_date_verified": True,
        "is_end_date_verified": False,
        "is_start_position_verified": True,
        "is_end_position_verified": True,
        "location_method": "channel-device-method",
        "vehicle_impact": "some-lanes-closed",
        "reduced_speed_limit_kph": LIMIT_KMH,
        "worker_presence": {"are_workers_present": True, "definition": ["workers-in-work-zone-working"]},
        "types_of_work": [{"type_name": "surface-work", "is_architectural_change": False}],
        "lanes": lanes,
    }
