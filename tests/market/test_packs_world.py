"""The law of the markets outside Europe, row by row: road type, vehicle, time, weather, region -> limit.

A row reads `60` where the answer is certain, `60, or 48` where something undecided may make it 48, `unknown` where the
law gives no number. Times are local times of the place.
"""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from mapprior.market.circumstances import Arrival, Circumstances, Place
from mapprior.market.countries import market_pack
from mapprior.market.effective import effective_limit
from mapprior.market.law import MarketLaw
from mapprior.market.pack import load_pack
from mapprior.model.limit import LimitKind, LimitRole, SpeedUnit, TaggedLimit
from mapprior.model.pose import Condition, DrivingConditions, VehicleClass, VehicleProfile
from mapprior.model.provenance import Basis

MARKETS: Final = ("AE", "SA", "TH", "MY", "SG", "JP", "KR", "AU", "US", "BR", "MX", "CN")
PLACES: Final = {
    "AE": ("Asia/Dubai", 24.4, 54.4),
    "SA": ("Asia/Riyadh", 24.7, 46.7),
    "TH": ("Asia/Bangkok", 13.7, 100.5),
    "MY": ("Asia/Kuala_Lumpur", 3.1, 101.7),
    "SG": ("Asia/Singapore", 1.3, 103.8),
    "JP": ("Asia/Tokyo", 35.7, 139.7),
    "KR": ("Asia/Seoul", 37.5, 127.0),
    "AU": ("Australia/Sydney", -33.9, 151.2),
    "US": ("America/Denver", 45.8, -108.5),
    "BR": ("America/Sao_Paulo", -23.5, -46.6),
    "MX": ("America/Mexico_City", 19.4, -99.1),
    "CN": ("Asia/Shanghai", 31.2, 121.5),
}
CAR = VehicleProfile()
VEHICLES: Final = {
    "car": CAR,
    "car+trailer": VehicleProfile(trailer=True),
    "light van": VehicleProfile(VehicleClass.VAN, mass_max_kg=2800, mass_kg=2000, hazmat=Condition.NO),
    "heavy van": VehicleProfile(VehicleClass.VAN, mass_max_kg=3500, mass_kg=3000, hazmat=Condition.NO),
    "truck 5 t": VehicleProfile(
        VehicleClass.TRUCK, mass_max_kg=5000, axles_count=2, articulated=Condition.NO, hazmat=Condition.NO
    ),
    "truck 18 t": VehicleProfile(
        VehicleClass.TRUCK, mass_max_kg=18_000, axles_count=3, articulated=Condition.NO, hazmat=Condition.NO
    ),
    "semi-trailer": VehicleProfile(
        VehicleClass.TRUCK, mass_max_kg=18_000, axles_count=5, articulated=Condition.YES, hazmat=Condition.NO
    ),
    "tanker": VehicleProfile(
        VehicleClass.TRUCK, mass_max_kg=18_000, axles_count=3, articulated=Condition.NO, hazmat=Condition.YES
    ),
    "bus": VehicleProfile(VehicleClass.BUS, mass_max_kg=18_000),
    "coach": VehicleProfile(VehicleClass.COACH, mass_max_kg=18_000),
    "motorcycle": VehicleProfile(VehicleClass.MOTORCYCLE),
}
_NO, _YES = Condition.NO, Condition.YES
WEATHER: Final = {
    "": DrivingConditions(),
    "dry": DrivingConditions(wet=_NO, snow=_NO, fog=_NO),
    "wet": DrivingConditions(wet=_YES, snow=_NO, fog=_NO),
    "snow": DrivingConditions(wet=_NO, snow=_YES, fog=_NO),
    "fog": DrivingConditions(wet=_NO, snow=_NO, fog=_YES),
}
NOON: Final = "2026-11-20 12:00"

# market, road type, vehicle, local time, weather, region, limit
ROWS: Final = (
    # United Arab Emirates: one table for all; emirates sign their own.
    ("AE", "motorway", "car", NOON, "", "", "120"),
    ("AE", "motorway", "truck 18 t", NOON, "", "", "80"),
    ("AE", "motorway", "bus", NOON, "", "", "80"),
    ("AE", "rural", "car", NOON, "", "", "100"),
    ("AE", "rural", "coach", NOON, "", "", "80"),
    ("AE", "rural", "truck 5 t", NOON, "", "", "80"),
    ("AE", "urban_dual_carriageway", "car", NOON, "", "", "60"),
    ("AE", "urban_dual_carriageway", "truck 18 t", NOON, "", "", "60"),
    ("AE", "urban_single_carriageway", "car", NOON, "", "", "40"),
    ("AE", "urban", "car", NOON, "", "", "unknown"),
    ("AE", "service", "car", NOON, "", "", "25"),
    # Saudi Arabia: what was not checked, or is disputed, is never certain.
    ("SA", "urban", "car", NOON, "", "", "50"),
    ("SA", "urban", "truck 18 t", NOON, "", "", "50"),
    ("SA", "rural", "car", NOON, "", "", "120"),
    ("SA", "rural", "truck 18 t", NOON, "", "", "70 uncertain"),
    ("SA", "rural", "bus", NOON, "", "", "100 uncertain"),
    ("SA", "motorway", "car", NOON, "", "", "120 uncertain"),
    ("SA", "motorway", "truck 18 t", NOON, "", "", "80 uncertain"),
    ("SA", "motorway", "bus", NOON, "", "", "100 uncertain"),
    # Thailand
    ("TH", "urban", "car", NOON, "", "", "80"),
    ("TH", "urban", "car+trailer", NOON, "", "", "45"),
    ("TH", "urban", "truck 18 t", NOON, "", "", "60"),
    ("TH", "urban", "light van", NOON, "", "", "80"),
    ("TH", "rural", "bus", NOON, "", "", "80"),
    ("TH", "urban", "bus", NOON, "", "", "60"),
    ("TH", "rural", "car", NOON, "", "", "90"),
    ("TH", "rural", "car+trailer", NOON, "", "", "55"),
    ("TH", "rural", "truck 18 t", NOON, "", "", "80"),
    ("TH", "rural", "heavy van", NOON, "", "", "80"),
    ("TH", "rural_dual_carriageway_2_lanes", "car+trailer", NOON, "", "", "65"),
    ("TH", "rural_dual_carriageway_2_lanes", "truck 18 t", NOON, "", "", "90"),
    ("TH", "rural_dual_carriageway_2_lanes", "bus", NOON, "", "", "90"),
    ("TH", "motorway", "car+trailer", NOON, "", "", "65"),
    ("TH", "motorway", "heavy van", NOON, "", "", "90"),
    ("TH", "motorway", "bus", NOON, "", "", "90"),
    ("TH", "expressway", "car+trailer", NOON, "", "", "65"),
    ("TH", "expressway", "truck 18 t", NOON, "", "", "90"),
    ("TH", "expressway", "bus", NOON, "", "", "90"),
    ("TH", "expressway_bridge", "bus", NOON, "", "", "80"),
    ("TH", "expressway_tunnel", "car", NOON, "", "", "100"),
    ("TH", "expressway_tunnel", "bus", NOON, "", "", "80"),
    ("TH", "rural_dual_carriageway_2_lanes", "car", NOON, "", "", "100"),
    ("TH", "motorway", "car", NOON, "", "", "120"),
    ("TH", "motorway", "truck 18 t", NOON, "", "", "90"),
    ("TH", "motorway", "motorcycle", NOON, "", "", "80 uncertain"),
    ("TH", "expressway", "car", "2022-07-21 12:00", "", "", "unknown"),
    ("TH", "expressway", "car", "2022-07-22 12:00", "", "", "110"),
    ("TH", "expressway_bridge", "car", NOON, "", "", "100"),
    ("TH", "expressway_bridge", "truck 18 t", NOON, "", "", "80"),
    # Malaysia
    ("MY", "expressway", "car", NOON, "", "", "110"),
    ("MY", "expressway", "truck 18 t", NOON, "", "", "80 uncertain"),
    ("MY", "federal_road", "car", NOON, "", "", "90"),
    ("MY", "federal_road", "bus", NOON, "", "", "70 uncertain"),
    ("MY", "federal_road", "truck 18 t", NOON, "", "", "70 uncertain"),
    ("MY", "federal_road", "car+trailer", NOON, "", "", "80 uncertain"),
    ("MY", "expressway", "car+trailer", NOON, "", "", "80 uncertain"),
    ("MY", "expressway", "bus", NOON, "", "", "80 uncertain"),
    ("MY", "urban", "truck 18 t", NOON, "", "", "60 uncertain"),
    ("MY", "state_road", "car", NOON, "", "", "80 uncertain"),
    ("MY", "rural", "car", NOON, "", "", "unknown"),
    ("MY", "urban", "car", NOON, "", "", "60 uncertain"),
    # Singapore: 50 but for the roads of the schedules, which are all signed.
    ("SG", "road", "car", NOON, "", "", "50"),
    ("SG", "urban", "bus", NOON, "", "", "50"),
    ("SG", "school_zone", "car", NOON, "", "", "40"),
    ("SG", "silver_zone", "car", NOON, "", "", "40 uncertain"),
    ("SG", "expressway", "car", NOON, "", "", "90 uncertain"),
    ("SG", "expressway", "bus", NOON, "", "", "60"),
    ("SG", "expressway", "light van", NOON, "", "", "70 uncertain"),
    ("SG", "expressway", "truck 18 t", NOON, "", "", "60 uncertain"),
    ("SG", "expressway_tunnel", "bus", NOON, "", "", "60 uncertain"),
    ("SG", "expressway_tunnel", "car", NOON, "", "", "unknown"),
    # Japan: 30 without centre line since 2026-09-01, heavy trucks 90 since 2024-04-01.
    ("JP", "road", "car", "2026-08-31 12:00", "", "", "60"),
    ("JP", "road", "car", "2026-09-01 12:00", "", "", "60 uncertain"),
    ("JP", "no_centre_line", "car", "2026-08-31 23:59", "", "", "60"),
    ("JP", "no_centre_line", "car", "2026-09-01 00:00", "", "", "30"),
    ("JP", "residential", "car", "2026-08-31 12:00", "", "", "60"),
    ("JP", "residential", "car", "2026-09-01 12:00", "", "", "unknown"),
    ("JP", "rural", "car", "2019-06-01 12:00", "", "", "60"),
    ("JP", "rural", "car", NOON, "", "", "unknown"),
    ("JP", "motorway", "car", NOON, "", "", "100"),
    ("JP", "motorway", "car+trailer", NOON, "", "", "80"),
    ("JP", "motorway", "bus", NOON, "", "", "100, or unknown"),
    ("JP", "motorway", "truck 5 t", NOON, "", "", "100"),
    ("JP", "motorway", "truck 18 t", "2024-03-31 12:00", "", "", "80"),
    ("JP", "motorway", "truck 18 t", "2024-04-01 12:00", "", "", "90"),
    ("JP", "motorway", "semi-trailer", NOON, "", "", "80"),
    ("JP", "motorway_of_unknown_kind", "car", NOON, "", "", "unknown"),
    ("JP", "motorway_slip_road", "car", NOON, "", "", "60"),
    ("JP", "motorroad", "car", NOON, "", "", "60"),
    ("JP", "marked_lanes", "car", NOON, "", "", "60"),
    ("JP", "motorway_undivided", "car", NOON, "", "", "70"),
    ("JP", "unclassified", "car", "2026-08-31 12:00", "", "", "60"),
    # Korea: 50 in towns since 2021-04-17; rain and snow lower every limit.
    ("KR", "urban", "car", "2021-04-16 12:00", "dry", "", "60"),
    ("KR", "urban", "car", "2021-04-17 12:00", "dry", "", "50"),
    ("KR", "urban_2_lanes", "car", "2021-04-16 12:00", "dry", "", "80"),
    ("KR", "urban_2_lanes", "car", "2021-04-17 12:00", "dry", "", "50"),
    ("KR", "rural", "car", NOON, "dry", "", "60"),
    ("KR", "rural", "car", NOON, "wet", "", "48 uncertain"),
    ("KR", "rural", "car", NOON, "", "", "60, or 48, 30"),
    ("KR", "rural_2_lanes", "car", NOON, "dry", "", "80"),
    ("KR", "motorway_2_lanes", "car", NOON, "dry", "", "100"),
    ("KR", "motorway_2_lanes", "truck 18 t", NOON, "dry", "", "80"),
    ("KR", "motorway_2_lanes", "tanker", NOON, "dry", "", "80 uncertain"),
    ("KR", "motorway_designated", "car", NOON, "dry", "", "120"),
    ("KR", "motorway_designated", "truck 18 t", NOON, "dry", "", "90"),
    ("KR", "urban", "car", NOON, "wet", "", "40 uncertain"),
    ("KR", "rural_2_lanes", "car", NOON, "wet", "", "64 uncertain"),
    ("KR", "motorroad", "car", NOON, "wet", "", "72 uncertain"),
    ("KR", "motorway_1_lane", "car", NOON, "wet", "", "64 uncertain"),
    ("KR", "urban_2_lanes", "car", NOON, "wet", "", "40 uncertain"),
    ("KR", "motorway_2_lanes", "car", NOON, "snow", "", "80, or 50"),
    ("KR", "motorway_2_lanes", "car", NOON, "fog", "", "100, or 50"),
    ("KR", "motorway_1_lane", "car", NOON, "dry", "", "80"),
    ("KR", "motorway", "car", NOON, "dry", "", "unknown"),
    ("KR", "motorroad", "car", NOON, "dry", "", "90"),
    ("KR", "school_zone", "car", NOON, "", "", "30"),
    # Australia: outside built-up areas the States differ.
    ("AU", "urban", "car", NOON, "", "AU-NSW", "50"),
    ("AU", "urban", "car", NOON, "", "AU-NT", "60 uncertain"),
    ("AU", "rural", "car", NOON, "", "AU-VIC", "100"),
    ("AU", "rural", "car", NOON, "", "AU-WA", "110"),
    ("AU", "rural", "car", NOON, "", "AU-NT", "110"),
    ("AU", "rural", "car", NOON, "", "", "100, or 110"),
    ("AU", "rural", "car+trailer", NOON, "", "AU-WA", "100"),
    ("AU", "rural", "truck 18 t", NOON, "", "AU-NT", "100"),
    ("AU", "rural", "truck 5 t", NOON, "", "AU-NT", "110"),
    ("AU", "rural", "bus", NOON, "", "AU-NT", "100"),
    ("AU", "rural", "truck 5 t", NOON, "", "AU-NSW", "100"),
    ("AU", "rural", "semi-trailer", NOON, "", "AU-QLD", "90 uncertain"),
    ("AU", "rural_unpaved", "car", NOON, "", "AU-WA", "110"),
    ("AU", "rural_unpaved", "car", NOON, "", "AU-NT", "110"),
    ("AU", "rural_unpaved", "truck 18 t", NOON, "", "AU-NT", "100"),
    ("AU", "motorway", "truck 18 t", NOON, "", "AU-VIC", "100 uncertain"),
    ("AU", "motorway", "bus", NOON, "", "AU-VIC", "100 uncertain"),
    ("AU", "motorway", "car+trailer", NOON, "", "AU-WA", "100 uncertain"),
    ("AU", "school_zone", "car", NOON, "", "AU-SA", "unknown, or 25"),
    ("AU", "school_zone", "car", NOON, "", "AU-VIC", "unknown"),
    ("AU", "pedestrian", "car", NOON, "", "AU-WA", "10"),
    ("AU", "rural_unpaved", "car", NOON, "", "AU-TAS", "80"),
    ("AU", "rural_unpaved", "car", NOON, "", "AU-NSW", "100"),
    ("AU", "motorway", "car", NOON, "", "AU-NSW", "unknown"),
    # United States: the law of a State; without the State nothing.
    ("US", "rural", "car", NOON, "", "US-OR", "55 mph"),
    ("US", "urban_residential", "car", NOON, "", "US-OR", "25 mph"),
    ("US", "urban", "car", NOON, "", "US-OR", "unknown"),
    ("US", "interstate_rural", "car", NOON, "", "US-OR", "65 mph"),
    ("US", "interstate_rural", "truck 18 t", NOON, "", "US-OR", "55 mph"),
    ("US", "rural_two_lane", "car", NOON, "", "US-CA", "55 mph"),
    ("US", "rural_2_lanes", "car", NOON, "", "US-CA", "65 mph"),
    ("US", "rural", "car", NOON, "", "US-CA", "unknown"),
    ("US", "interstate", "car", NOON, "", "US-CA", "65 mph"),
    ("US", "interstate", "car+trailer", NOON, "", "US-CA", "55 mph"),
    ("US", "interstate", "truck 18 t", NOON, "", "US-CA", "55 mph"),
    ("US", "interstate", "truck 5 t", NOON, "", "US-CA", "65 mph"),
    ("US", "alley", "car", NOON, "", "US-CA", "15 mph"),
    ("US", "school_zone", "car", NOON, "", "US-CA", "unknown, or 25 mph"),
    ("US", "rural", "car", NOON, "", "US-WA", "50 mph"),
    ("US", "rural", "car+trailer", NOON, "", "US-WA", "50 mph"),
    ("US", "interstate_rural", "car+trailer", NOON, "", "US-WA", "60 mph uncertain"),
    ("US", "interstate_rural", "truck 18 t", NOON, "", "US-WA", "60 mph uncertain"),
    ("US", "rural", "car+trailer", NOON, "", "US-CA", "55 mph uncertain"),
    ("US", "rural_numbered", "car", NOON, "", "US-WA", "60 mph"),
    ("US", "urban", "car", NOON, "", "US-WA", "25 mph"),
    ("US", "rural", "car", NOON, "", "US-AZ", "65 mph"),
    ("US", "rural", "car", NOON, "", "US-MT", "70 mph"),
    ("US", "rural", "car", "2026-11-20 23:00", "", "US-MT", "65 mph"),
    ("US", "rural", "truck 18 t", NOON, "", "US-MT", "65 mph"),
    ("US", "interstate_rural", "car", "2026-11-20 23:00", "", "US-MT", "80 mph"),
    ("US", "interstate_rural", "truck 18 t", NOON, "", "US-MT", "70 mph"),
    ("US", "urban", "car", NOON, "", "US-OH", "25 mph"),
    ("US", "urban", "car", NOON, "", "US-PA", "35 mph"),
    ("US", "urban_residential", "car", NOON, "", "US-PA", "25 mph"),
    ("US", "rural", "car", NOON, "", "US-MA", "40 mph"),
    ("US", "rural_dual_carriageway", "car", NOON, "", "US-MA", "50 mph"),
    ("US", "urban", "car", NOON, "", "US-MA", "30 mph uncertain"),
    ("US", "rural", "car", NOON, "", "US-ME", "45 mph"),
    ("US", "rural_unpaved", "car", NOON, "", "US-GA", "35 mph"),
    ("US", "motorway_rural", "car", NOON, "", "US-GA", "unknown"),
    ("US", "rural_numbered", "car", NOON, "", "US-TX", "70 mph"),
    ("US", "urban_residential", "car", NOON, "", "US-FL", "30 mph"),
    ("US", "rural", "car", NOON, "", "US-HI", "unknown"),
    ("US", "rural", "car", "2026-11-20 23:00", "", "US-RI", "45 mph"),
    # Brazil: roads and carriageways parted since 2016-11-01.
    ("BR", "urban_local", "car", NOON, "", "", "30"),
    ("BR", "urban_arterial", "car", NOON, "", "", "60 uncertain"),
    ("BR", "urban", "car", NOON, "", "", "unknown"),
    ("BR", "motorway_urban", "car", NOON, "", "", "80"),
    ("BR", "rural_road", "car", "2016-10-31 12:00", "", "", "110"),
    ("BR", "rural_road", "car", "2016-11-01 12:00", "", "", "100"),
    ("BR", "rural_road", "truck 18 t", "2016-10-31 12:00", "", "", "80"),
    ("BR", "rural_road", "truck 18 t", "2016-11-01 12:00", "", "", "90"),
    ("BR", "rural_dual_carriageway", "motorcycle", NOON, "", "", "110"),
    ("BR", "motorway_rural", "bus", NOON, "", "", "90"),
    ("BR", "motorway_rural", "car", NOON, "", "", "110"),
    ("BR", "motorway_rural", "truck 18 t", NOON, "", "", "90"),
    ("BR", "rural_dual_carriageway", "truck 18 t", NOON, "", "", "90"),
    ("BR", "rural_dual_carriageway", "bus", NOON, "", "", "90"),
    ("BR", "rural_dual_carriageway", "car", "2016-10-31 12:00", "", "", "110"),
    ("BR", "rural_dual_carriageway", "truck 18 t", "2016-10-31 12:00", "", "", "80"),
    ("BR", "rural_road", "bus", NOON, "", "", "90"),
    ("BR", "rural_road", "bus", "2016-10-31 12:00", "", "", "90"),
    ("BR", "urban_collector", "car", NOON, "", "", "40 uncertain"),
    ("BR", "rural_numbered_unpaved", "car", NOON, "", "", "60"),
    ("BR", "rural_unpaved", "car", NOON, "", "", "60"),
    ("BR", "rural", "car", NOON, "", "", "unknown"),
    # Mexico: the general law of 2022-05-18.
    ("MX", "motorway", "car", "2022-05-17 12:00", "", "", "unknown"),
    ("MX", "motorway", "car", "2022-05-18 12:00", "", "", "110"),
    ("MX", "motorway", "bus", NOON, "", "", "95"),
    ("MX", "motorway", "bus", "2026-11-20 23:00", "", "", "80"),
    ("MX", "motorway", "truck 18 t", NOON, "", "", "80"),
    ("MX", "motorway", "truck 18 t", "2026-11-20 23:00", "", "", "70"),
    ("MX", "federal_road", "car", NOON, "", "", "110"),
    ("MX", "federal_road", "bus", NOON, "", "", "95"),
    ("MX", "federal_road", "bus", "2026-11-20 23:00", "", "", "80"),
    ("MX", "federal_road", "truck 18 t", NOON, "", "", "80"),
    ("MX", "federal_road", "truck 18 t", "2026-11-20 23:00", "", "", "70"),
    ("MX", "controlled_access_central_lanes", "car", NOON, "", "", "80"),
    ("MX", "motorway_urban", "car", NOON, "", "", "80 uncertain"),
    ("MX", "school_zone", "car", "2023-05-08 12:00", "", "", "unknown"),
    ("MX", "school_zone", "car", "2023-05-09 12:00", "", "", "20 uncertain"),
    ("MX", "rural", "car", NOON, "", "", "80"),
    ("MX", "secondary_street", "car", NOON, "", "", "30"),
    ("MX", "primary_avenue", "car", NOON, "", "", "50"),
    ("MX", "urban", "car", NOON, "", "", "unknown"),
    # China: one lane each way or no centre line; with more lanes national law is silent.
    ("CN", "urban_no_centre_line", "car", NOON, "dry", "", "30"),
    ("CN", "rural_no_centre_line", "car", NOON, "dry", "", "40"),
    ("CN", "urban_1_lane", "car", NOON, "dry", "", "50"),
    ("CN", "rural_1_lane", "car", NOON, "dry", "", "70"),
    ("CN", "rural_1_lane", "car", NOON, "snow", "", "30"),
    ("CN", "rural_1_lane", "car", NOON, "", "", "70, or 30"),
    ("CN", "urban_2_lanes", "car", NOON, "dry", "", "unknown, or 70"),
    ("CN", "urban_2_lanes", "car", NOON, "dry", "CN-BJ", "70 uncertain"),
    ("CN", "urban_2_lanes", "car", NOON, "dry", "CN-SH", "unknown"),
    ("CN", "urban", "car", NOON, "dry", "", "unknown"),
    ("CN", "motorway", "car", NOON, "dry", "", "120"),
    ("CN", "motorway", "bus", NOON, "dry", "", "100"),
    ("CN", "motorway", "truck 18 t", NOON, "dry", "", "100"),
    ("CN", "motorway", "light van", NOON, "dry", "", "100"),
    ("CN", "rural_2_lanes", "car", NOON, "dry", "CN-BJ", "80 uncertain"),
    ("CN", "urban_1_lane", "car", NOON, "snow", "", "30"),
    ("CN", "motorway", "car", NOON, "snow", "", "30"),
    ("CN", "motorway", "motorcycle", NOON, "dry", "", "80"),
    ("CN", "motorway", "car", NOON, "fog", "", "120, or 60, 40, 20"),
)
# State by state: rural, rural dual carriageway, urban, residential, Interstate outside and inside towns; mph by day.
# `-` unknown, `?` not certain.
STATES: Final = """
    OR  55 55  -  25 65 65
    CA  -  65  -  25 65 65
    WA  50 -   25 25 -  -
    AZ  65 65  -  25 -  -
    MT  70 70  25 25 80 65
    OH  55 60? 25 25 70 65
    PA  55 55  35 25 -  -
    MA  40 50  30? 30? - -
    ME  45 45  25 25 -  -
    GA  55 55  30 30 -  -
    TX  60 -   30 30 -  -
    FL  55 55  -  30 -  -
    CO  55 -   -  30 -  -
    DE  50 -   -  25 -  -
    IL  55 -   30 30 -  -
    KY  55 -   35 35 -  -
    MN  55 -   30 30 -  -
    NC  55 -   35 35 -  -
    NJ  50 -   -  25 -  -
    NM  55 -   30 30 -  -
    SC  55 -   30 30 -  -
    UT  55 -   25 25 -  -
    VA  55 -   35 25 55 55
    WI  55 -   25 25 -  -
    WV  55 -   -  25 -  -
    WY  65 -   30 30 -  -
    RI  50 -   25 25 -  -
    HI  -  -   -  -  -  -
"""
STATE_TYPES: Final = (
    *("rural", "rural_dual_carriageway", "urban", "urban_residential", "interstate_rural", "interstate_urban"),
)
# Which words of a road lead to which type; the last column is the type.
TYPES: Final = (
    ("AE", "urban dual_carriageway primary", "urban_dual_carriageway"),
    ("AE", "urban residential", "urban"),
    ("TH", "motorway dual_carriageway", "expressway"),
    ("TH", "motorway dual_carriageway bridge", "expressway_bridge"),
    ("TH", "motorway dual_carriageway bridge numbered", "motorway"),
    ("MY", "rural trunk", "federal_road"),
    ("MY", "rural secondary", "rural"),
    ("SG", "urban residential", "road"),
    ("SG", "", "road"),
    ("JP", "urban tertiary lanes_1", "road"),
    ("JP", "urban residential", "residential"),
    ("JP", "urban residential no_centre_line", "no_centre_line"),
    ("JP", "urban residential lanes_2_or_more marked_lanes", "marked_lanes"),
    ("AU", "urban living_street", "living_street"),
    ("JP", "motorway dual_carriageway lanes_2_or_more", "motorway_of_unknown_kind"),
    ("JP", "motorway dual_carriageway lanes_2_or_more ref:E numbered", "motorway"),
    ("JP", "motorway dual_carriageway slip_road", "motorway_slip_road"),
    ("KR", "urban lanes_2_or_more", "urban_2_lanes"),
    ("KR", "motorway dual_carriageway lanes_2_or_more", "motorway_2_lanes"),
    ("AU", "rural unpaved", "rural_unpaved"),
    ("US", "rural numbered single_carriageway lanes_1 lanes_1_any_way", "rural_two_lane"),
    ("US", "urban residential numbered", "urban_numbered"),
    ("US", "urban service alley", "alley"),
    ("US", "motorway dual_carriageway numbered ref:I rural lanes_2_or_more", "interstate_rural"),
    ("US", "motorway dual_carriageway urban", "motorway_urban"),
    ("BR", "rural numbered", "rural_road"),
    ("BR", "rural numbered dual_carriageway", "rural_dual_carriageway"),
    ("BR", "rural numbered unpaved", "rural_numbered_unpaved"),
    ("MX", "rural numbered ref:MEX primary", "federal_road"),
    ("CN", "urban lanes_1", "urban_1_lane"),
    ("CN", "motorway dual_carriageway lanes_2_or_more", "motorway"),
)


def _law(market: str) -> MarketLaw:
    return MarketLaw.from_pack(market_pack(market))


LAWS: Final = {market: _law(market) for market in MARKETS}


def _arrival(market: str, local: str) -> Arrival:
    zone = ZoneInfo(PLACES[market][0])
    at_us = round(dt.datetime.fromisoformat(local).replace(tzinfo=zone).timestamp()) * 1_000_000
    return Arrival(at_us, at_us)


def _answer(market: str, road_type: str, vehicle: str, local: str, weather: str, region: str) -> str:
    time_zone, lat_deg, lon_deg = PLACES[market]
    rule = TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, "told", rule_ref=f"{market}:{road_type}")
    limit = effective_limit(
        (rule,),
        circumstances=Circumstances(
            vehicle=VEHICLES[vehicle],
            conditions=WEATHER[weather],
            place=Place(market, region, time_zone, lat_deg, lon_deg),
            arrival=_arrival(market, local),
        ),
        law=LAWS[market],
        source="",
    )
    value = _text(limit.kind, limit.posted_value_milli, limit.posted_unit)
    others = [_text(x.kind, x.posted_value_milli, x.posted_unit) for x in limit.unresolved]
    if others:
        return f"{value}, or {', '.join(dict.fromkeys(others))}"
    return value if limit.certain or limit.kind is LimitKind.UNKNOWN else f"{value} uncertain"


def _text(kind: LimitKind, milli: int, unit: SpeedUnit) -> str:
    if kind is not LimitKind.LIMITED:
        return kind.name.lower()
    return f"{milli / 1000:g}" + (" mph" if unit is SpeedUnit.MPH else "")


@pytest.mark.parametrize(("market", "road_type", "vehicle", "local", "weather", "region", "limit"), ROWS)
def test_law_says(market: str, road_type: str, vehicle: str, local: str, weather: str, region: str, limit: str) -> None:
    assert _answer(market, road_type, vehicle, local, weather, region) == limit


@pytest.mark.parametrize("line", STATES.strip().splitlines())
def test_state_says(line: str) -> None:
    state, *limits = line.split()
    for road_type, limit in zip(STATE_TYPES, limits, strict=True):
        expected = "unknown" if limit == "-" else limit.replace("?", "") + " mph" + " uncertain" * limit.endswith("?")
        assert _answer("US", road_type, "car", NOON, "", f"US-{state}") == expected, road_type


def test_every_written_state_is_in_the_table() -> None:
    assert {f"US-{line.split()[0]}" for line in STATES.strip().splitlines()} == LAWS["US"].regions | {"US-HI"}


def test_states_say_the_same_of_heavy_and_towing_vehicles_on_every_road() -> None:
    """Such a limit is one sentence of a statute, written down once for each road type."""
    pack = load_pack("US")
    assert pack is not None
    said: dict[tuple[str, str], set[str]] = {}
    for x in pack.limits:
        if x.key in ("maxspeed:conditional", "maxspeed:hgv:conditional") and x.road_type != "school_zone":
            said.setdefault((x.region, x.key), set()).add(x.text)
    assert all(len(texts) == 1 for texts in said.values()), said


@pytest.mark.parametrize(("market", "words", "road_type"), TYPES)
def test_words_lead_to_road_type(market: str, words: str, road_type: str) -> None:
    assert LAWS[market].road_type(frozenset(words.split())) == road_type


def test_every_market_has_rows() -> None:
    for market in MARKETS:
        assert sum(row[0] == market for row in ROWS) >= 6, market


@pytest.mark.parametrize("market", MARKETS)
def test_rows_name_road_types_of_the_pack(market: str) -> None:
    """A misspelt type would be `unknown` and look right."""
    pack = load_pack(market)
    assert pack is not None
    for row in ROWS:
        assert row[0] != market or pack.type_named(row[1]) is not None, row


def test_unknown_state_leaves_every_us_limit_unknown() -> None:
    pack = load_pack("US")
    assert pack is not None
    for road_type in pack.road_types:
        assert _answer("US", road_type.name, "car", NOON, "", "").startswith("unknown")


@pytest.mark.parametrize("market", MARKETS)
def test_numbers_are_plausible_for_a_road(market: str) -> None:
    """Multiples of 5 mph or, but for the weather factors of Korea, of 5 km/h, and none beyond 160 km/h."""
    pack = load_pack(market)
    assert pack is not None
    for entry in pack.limits:
        for x in entry.statements:
            of_weather = market == "KR" and x.condition
            assert x.posted_value_milli % (1000 if of_weather else 5000) == 0, entry
            assert 5000 <= x.posted_value_milli <= (85_000 if market == "US" else 160_000), entry


@pytest.mark.parametrize("market", MARKETS)
def test_a_condition_only_lowers(market: str) -> None:
    """A clause replaces the base value of its word: one above it would raise the limit, one without it would set it."""
    pack = load_pack(market)
    assert pack is not None
    for road_type in pack.road_types:
        for region in ("", *LAWS[market].regions):
            rule = f"{market}:{road_type.name}"
            said = LAWS[market].statements(rule, date=dt.date(2026, 11, 22), region=region or f"{market}-ZZZ")
            for x in (x for x in said or () if x.condition and x.role is LimitRole.MAXIMUM):
                base = [y for y in said or () if not y.condition and y.vehicle == x.vehicle and y.role is x.role]
                assert all(x.posted_value_milli <= y.posted_value_milli for y in base), (rule, region, x.raw)
                assert base or x.vehicle or "trailer" not in x.condition, (rule, region, x.raw)


@pytest.mark.parametrize("market", MARKETS)
def test_what_rests_on_the_public_table_says_its_licence(market: str) -> None:
    pack = load_pack(market)
    assert pack is not None
    assert "lds" not in pack.table["sources"] or "CC BY-SA 2.0" in pack.table["sources"]["lds"]["licence"]


def test_signed_maxima_are_known_for_plausibility() -> None:
    """A sign above the default is no error: 140 in Saudi Arabia, 120 in Japan, 85 mph in Texas."""
    highest = {market: LAWS[market].speed_max for market in MARKETS}
    assert {m: x and x.value_milli // 1000 for m, x in highest.items()} == {
        "AE": 160, "SA": 140, "TH": 120, "MY": 110, "SG": 90, "JP": 120,
        "KR": 120, "AU": 130, "US": 85, "BR": 120, "MX": 110, "CN": 120,
    }  # fmt: skip
