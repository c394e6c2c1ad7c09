"""The public table of default speeds, brought into the form of a market's law, and both asked for the same vehicles.

The table (https://wiki.openstreetmap.org/wiki/Default_speed_limits, CC BY-SA 2.0) is of 2023-10-21: so is the day
that the packs are asked for. It is the same ground truth for nobody: both are summaries of laws.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mapprior.market.circumstances import Circumstances
from mapprior.market.clauses import clauses
from mapprior.market.condition import Refused, Truth, evaluate, parse_condition
from mapprior.market.law import MarketLaw
from mapprior.market.limit_values import severity
from mapprior.market.speed_value import parse_value
from mapprior.market.vehicle_words import Binding, binding, bindings
from mapprior.model.limit import LimitKind, LimitRole, SpeedUnit, TaggedLimit
from mapprior.model.pose import Condition, DrivingConditions, VehicleClass, VehicleProfile
from mapprior.model.provenance import Basis

TABLE_DAY = dt.date(2023, 10, 21)
DRY = DrivingConditions(wet=Condition.NO, snow=Condition.NO, fog=Condition.NO, dark=Condition.NO)
WET = DrivingConditions(wet=Condition.YES, snow=Condition.NO, fog=Condition.NO, dark=Condition.NO)

# Road types of the table by the words that a build finds for such a road.
ROADS: Mapping[str | None, str] = {
    None: "rural",
    "urban": "urban",
    "rural": "rural",
    "motorway": "motorway",
    "rural motorway": "motorway rural",
    "urban motorway": "motorway urban",
    "motorway with 2 lanes in each direction": "motorway lanes_2_or_more",
    "motorroad": "motorroad",
    "rural motorroad": "motorroad rural",
    "urban motorroad": "motorroad urban",
    "motorroad with 2 lanes in each direction": "motorroad lanes_2_or_more",
    "motorroad with dual carriageway": "motorroad dual_carriageway",
    "motorroad with single carriageway": "motorroad single_carriageway",
    "rural motorroad with single carriageway": "motorroad rural single_carriageway",
    "dual carriageway": "rural dual_carriageway",
    "dual carriageway with 2 or more lanes in each direction": "rural dual_carriageway lanes_2_or_more",
    "rural dual carriageway": "rural dual_carriageway",
    "rural dual carriageway with 2 or more lanes in each direction": "rural dual_carriageway lanes_2_or_more",
    "rural single carriageway": "rural single_carriageway",
    "rural single carriageway with 2 or more lanes in each direction": "rural single_carriageway lanes_2_or_more",
    "rural road with 2 or more lanes in each direction": "rural lanes_2_or_more",
    "rural road with 1 lane in each direction": "rural single_carriageway lanes_1",
    "rural numbered road": "rural numbered",
    "rural unpaved road": "rural unpaved",
    "rural road without asphalt or concrete surface": "rural unpaved",
    "unpaved road": "unpaved",
    "urban dual carriageway": "urban dual_carriageway",
    "urban single carriageway": "urban single_carriageway",
    "urban road with 2 or more lanes in each direction": "urban lanes_2_or_more",
    "residential district": "urban residential",
    "urban residential district": "urban residential",
    "urban and without centerline": "urban no_centre_line",
    "without centerline": "rural no_centre_line",
    "living street": "living_street",
    "cycle street": "cycle_street",
    "pedestrian zone": "pedestrian",
    "school zone": "school_zone",
    "alley": "alley service",
    "service road": "service",
    "US interstate highway": "motorway ref:I",
    "rural US interstate highway": "motorway ref:I rural",
    "urban US interstate highway": "motorway ref:I urban",
    "US interstate highway with 2 or more lanes in each direction": "motorway ref:I lanes_2_or_more",
    "California: alley": "alley service",
    "United Kingdom: restricted road": "urban",
    "Ireland: National road": "rural ref:N",
    "Italy: Autostrada": "motorway",
    "Italy: Strada extraurbana local": "rural",
    "Italy: Strada extraurbana secondaria": "rural single_carriageway lanes_2_or_more",
    "Italy: Strada extraurbana principale": "rural trunk dual_carriageway lanes_2_or_more",
    "Brasil: Via local": "urban residential",
    "Brasil: Via coletora": "urban tertiary",
    "Brasil: Via arterial": "urban primary",
    "Thailand: motorway that is not a ทํางพิเศษ": "motorway numbered",
    "Thailand: ทํางพิเศษ not on bridge or in tunnel": "motorway",
    "Thailand: ทํางพิเศษ on bridge or in tunnel": "motorway bridge",
    "Mexico: calles secundarias y calles terciarias": "urban residential",
    "Mexico: avenidas primarias sin acceso controlado": "urban primary",
    "Mexico: carriles centrales de avenidas de acceso controlado": "urban motorroad",
}
# The table means both directions.
ALSO = {"lanes_1": frozenset({"lanes_1_any_way"}), "lanes_2_or_more": frozenset({"lanes_2_each_way", "marked_lanes"})}
# What the table says about vehicles that no profile describes.
OTHER_VEHICLES = frozenset(("school_bus", "tricycle", "truck_bus", "minibus", "horse", "motorhome"))


def _profile(vehicle_class: VehicleClass, mass_max_kg: int, **more: Any) -> VehicleProfile:
    plain: dict[str, Any] = {
        "articulated": Condition.NO,
        "hazmat": Condition.NO,
        "mass_kg": mass_max_kg,
        "axles_count": 2,
    }
    return VehicleProfile(vehicle_class, mass_max_kg, **{**plain, **more})


CAR = _profile(VehicleClass.CAR, 1_800)
TOWING = {"trailer": True, "trailer_mass_max_kg": 1_200, "axles_count": 3, "mass_kg": 2_500}
ASKED: Mapping[str, tuple[VehicleProfile, DrivingConditions, LimitRole]] = {
    "maxspeed": (CAR, DRY, LimitRole.MAXIMUM),
    "wet": (CAR, WET, LimitRole.MAXIMUM),
    "advisory": (CAR, DRY, LimitRole.ADVISORY),
    "minspeed": (CAR, DRY, LimitRole.MINIMUM),
    "trailer": (_profile(VehicleClass.CAR, 1_800, **TOWING), DRY, LimitRole.MAXIMUM),
    "motorcycle": (_profile(VehicleClass.MOTORCYCLE, 400), DRY, LimitRole.MAXIMUM),
    "goods 3 t": (_profile(VehicleClass.VAN, 3_000), DRY, LimitRole.MAXIMUM),
    "hgv 5 t": (_profile(VehicleClass.TRUCK, 5_000), DRY, LimitRole.MAXIMUM),
    "hgv 10 t": (_profile(VehicleClass.TRUCK, 10_000), DRY, LimitRole.MAXIMUM),
    "hgv 18 t": (_profile(VehicleClass.TRUCK, 18_000), DRY, LimitRole.MAXIMUM),
    "hgv 40 t articulated": (
        _profile(
            VehicleClass.TRUCK, 18_000, trailer=True, trailer_mass_max_kg=22_000, mass_kg=40_000, axles_count=5,
            articulated=Condition.YES,
        ),
        DRY,
        LimitRole.MAXIMUM,
    ),
    "hazmat 18 t": (_profile(VehicleClass.TRUCK, 18_000, hazmat=Condition.YES), DRY, LimitRole.MAXIMUM),
    "bus 12 t": (_profile(VehicleClass.BUS, 12_000), DRY, LimitRole.MAXIMUM),
    "coach 18 t": (_profile(VehicleClass.COACH, 18_000), DRY, LimitRole.MAXIMUM),
}  # fmt: skip


@cache
def table(path: Path) -> Mapping[str, list[dict[str, Any]]]:
    """Entries by region."""
    found: Mapping[str, list[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8"))["speedLimitsByCountryCode"]
    return found


def differences(
    region: str, entries: list[dict[str, Any]], law: MarketLaw
) -> Iterator[tuple[str, str, str | None, str | None]]:
    """(road type of the table, question, the table's answer, the law's) where the answers differ."""
    named = {x.get("name") for x in entries}
    for entry in entries:
        name = entry.get("name")
        if name not in ROADS or (name is None and "rural" in named):
            continue
        words = ROADS[name].split()
        road_type = law.road_type({*words, *(x for word in words for x in ALSO.get(word, ()))})
        stated = ()
        if road_type is not None:
            stated = law.statements(f"{law.market}:{road_type}", date=TABLE_DAY, region=region) or ()
        told = tuple(_told(entry["tags"]))
        for question, (vehicle, sensed, role) in ASKED.items():
            one, other = (answer(x, vehicle, sensed, role) for x in (told, stated))
            # In the table, roads without a word on the limit are those without a limit.
            if one != other and not (one is None and other == "none"):
                yield name or "(any)", question, one, other


def _told(tags: Mapping[str, str]) -> Iterator[TaggedLimit]:
    """The tags of the table as statements, as far as a profile can ask for them."""
    for key in sorted(tags, key=lambda x: x.endswith(":conditional")):
        base, *words = key.split(":")
        conditional = words[-1:] == ["conditional"]
        words = words[:-1] if conditional else words
        advisory = "advisory" in words
        vehicle = "".join(x for x in words if x != "advisory")
        if base not in ("maxspeed", "minspeed") or vehicle in OTHER_VEHICLES:
            continue
        role = LimitRole.MINIMUM if base == "minspeed" else LimitRole.ADVISORY if advisory else LimitRole.MAXIMUM
        for value, condition in clauses(tags[key]) if conditional else [(tags[key], "")]:
            x = parse_value(value)
            assert x is not None, (key, tags[key])
            yield TaggedLimit(
                x.kind, x.posted_value_milli, x.posted_unit, Basis.LAW_DEFAULT, key, vehicle, condition, role=role
            )


def answer(
    statements: tuple[TaggedLimit, ...], vehicle: VehicleProfile, sensed: DrivingConditions, role: LimitRole
) -> str | None:
    """The lowest over the vehicle words of the last that holds; what cannot be decided is taken not to hold."""
    words: dict[str, list[TaggedLimit]] = {}
    for x in statements:
        if x.role is role and binding(x.vehicle, vehicle) is Binding.YES:
            words.setdefault(x.vehicle, []).append(x)
    circumstances = Circumstances(vehicle=vehicle, conditions=sensed)
    found = []
    for word, stated in words.items():
        if word in bindings(words, vehicle):
            found += [x for x in reversed(stated) if _holds(x.condition, circumstances)][:1]
    return _text(min(found, key=severity)) if found else None


def _holds(text: str, circumstances: Circumstances) -> bool:
    condition = parse_condition(text) if text else None
    if condition is None or isinstance(condition, Refused):
        return condition is None
    return evaluate(condition, circumstances).truth is Truth.YES


def _text(x: TaggedLimit) -> str:
    if x.kind is LimitKind.LIMITED:
        return f"{x.posted_value_milli / 1000:g}{' mph' if x.posted_unit is SpeedUnit.MPH else ''}"
    return {LimitKind.UNLIMITED: "none", LimitKind.WALK: "walk"}[x.kind]
