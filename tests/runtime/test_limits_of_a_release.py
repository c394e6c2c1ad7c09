"""Limits under the law of a release: offline, from the command line, and on a live stream."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from mapprior.cli.main import app
from mapprior.errors import ConfigError
from mapprior.horizon.events import ConditionsEvent, Open
from mapprior.market.circumstances import NOTHING_SENSED
from mapprior.model.limit import EffectiveLimit, LimitKind, SpeedUnit, TaggedLimit
from mapprior.model.pose import CAR, Condition, DrivingConditions, VehicleClass, VehicleProfile
from mapprior.model.provenance import Basis
from mapprior.runtime.replay import horizon_once
from mapprior.runtime.sessions import market_laws, new_session
from mapprior.service.settings import Settings
from mapprior.tile.store import TileStore, open_markets
from tests.asciimap import Drawn, draw
from tests.horizon.timed import HOUR_US, MINUTE_US, NIGHT, kmh, moving, said, utc_us
from tests.market.small_pack import small_pack
from tests.service.serving import Vehicle, channel, serving, unhurried, write_market

# A made-up market by the clock of Berlin: a road with a night limit, one of which law alone says something.
PACK = {"code": "QM", "time_zones": ["Europe/Berlin"], "law": small_pack()}
RURAL = TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, "maxspeed:type", rule_ref="QM:rural")
NOON_US = utc_us("2026-06-10T10:00:00")
TEN_US = utc_us("2026-06-10T20:00:00")
TRUCK = VehicleProfile(VehicleClass.TRUCK, mass_max_kg=12_000)


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    ways = {"AB": {"limits": (kmh(50), kmh(30, NIGHT)), "oneway": True}, "BC": {"limits": (RURAL,), "oneway": True}}
    return draw("A-----B-----C", ways=ways, market="QM")


@pytest.fixture(scope="module")
def tiles(drawn: Drawn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_market(tmp_path_factory.mktemp("tiles") / "QM", drawn, PACK)


@pytest.fixture(scope="module")
def store(tiles: Path) -> TileStore:
    return open_markets([tiles])


def limits_at(
    store: TileStore,
    drawn: Drawn,
    time_us: int,
    vehicle: VehicleProfile = CAR,
    conditions: DrivingConditions = NOTHING_SENSED,
) -> list[EffectiveLimit]:
    pose = moving(drawn, "AB", time_us, offset_m=50.0, speed_mps=8.0)
    held = horizon_once(store, pose, opening=Open(vehicle=vehicle, replay=True), conditions=conditions)
    assert held.root is not None
    return [x.limit for x in held.root.limits]


def test_one_question_is_answered_for_its_hour(store: TileStore, drawn: Drawn) -> None:
    shown = {minutes: said(limits_at(store, drawn, TEN_US + minutes * MINUTE_US)[0]) for minutes in (-600, -1, 0, 479)}
    assert shown == {-600: (50, True, ()), -1: (50, False, (30,)), 0: (30, True, ()), 479: (30, False, (50,))}
    assert limits_at(store, drawn, NOON_US)[0].next_change_us == TEN_US
    assert limits_at(store, drawn, TEN_US)[0].next_change_us == TEN_US + 8 * HOUR_US


def test_what_law_says_follows_vehicle_and_weather(store: TileStore, drawn: Drawn) -> None:
    dry = DrivingConditions(snow=Condition.NO)
    assert said(limits_at(store, drawn, NOON_US, conditions=dry)[1]) == (80, True, ())
    assert said(limits_at(store, drawn, NOON_US, TRUCK, dry)[1]) == (70, True, ())
    assert said(limits_at(store, drawn, NOON_US, VehicleProfile(trailer=True), dry)[1]) == (60, True, ())
    snowy = DrivingConditions(snow=Condition.YES)
    assert said(limits_at(store, drawn, NOON_US, conditions=snowy)[1]) == (50, True, ())
    assert limits_at(store, drawn, NOON_US)[1].basis is Basis.LAW_DEFAULT


def test_the_law_of_a_store_is_read_once(store: TileStore) -> None:
    laws = market_laws(store)
    assert laws is market_laws(store)
    assert {x.market for x in laws.values()} == {"QM"}
    new_session(store)


def test_a_release_without_pack_has_no_law(drawn: Drawn, tmp_path: Path) -> None:
    bare = open_markets([write_market(tmp_path / "QM", drawn)])
    assert market_laws(bare) == {}
    assert said(limits_at(bare, drawn, NOON_US)[0]) == (50, False, (30,))
    assert limits_at(bare, drawn, NOON_US)[1].kind is LimitKind.UNKNOWN


def test_a_pack_that_makes_no_sense_is_named(drawn: Drawn, tmp_path: Path) -> None:
    broken = open_markets([write_market(tmp_path / "QM", drawn, {**PACK, "law": {"schema": 1}})])
    with pytest.raises(ConfigError, match=re.escape("QM/market.json")):
        new_session(broken)


# ---- on a live stream


def test_rain_and_a_lorry_on_a_live_stream(drawn: Drawn, tiles: Path) -> None:
    async def run() -> list[tuple[int, bool, tuple[int, ...]]]:
        async with serving(unhurried(Settings(tiles=(tiles,)))) as server, channel(server.address) as line:
            vehicle = Vehicle(line)
            await vehicle.send(Open(vehicle=TRUCK))
            pose = moving(drawn, "BC", 0, offset_m=50.0, speed_mps=8.0)
            seen = []
            for sensed in (Condition.NO, Condition.YES):
                await vehicle.send(ConditionsEvent(DrivingConditions(snow=sensed)))
                await vehicle.drive(pose)
                count = 1 if not seen else 2

                def told(_: object, count: int = count) -> bool:
                    root = vehicle.held.root
                    return root is not None and bool(root.limits[0].limit.certain) and told_apart(count)

                def told_apart(count: int) -> bool:
                    assert vehicle.held.root is not None
                    return count == 1 or said(vehicle.held.root.limits[0].limit) != seen[0]

                await vehicle.until(told, pose=pose)
                assert vehicle.held.root is not None
                seen.append(said(vehicle.held.root.limits[0].limit))
            return seen

    assert asyncio.run(run()) == [(70, True, ()), (50, True, ())]


# ---- mapprior horizon


def command(drawn: Drawn, tiles: Path, *arguments: str) -> Result:
    lat, lon = (c / 1e7 for c in drawn.at("AB", 50.0))
    place = ("--tiles", str(tiles), "--at", f"{lat},{lon}", "--bearing-deg", "90")
    return CliRunner().invoke(app, ["horizon", *place, *arguments])


def first_limits(done: Result) -> list[dict[str, Any]]:
    assert done.exit_code == 0, done.stderr
    return list(json.loads(done.stdout)["paths"][0]["limits"])


def test_the_command_takes_hour_vehicle_and_weather(drawn: Drawn, tiles: Path) -> None:
    noon, ten = "2026-06-10T10:00:00Z", "2026-06-10T20:00:00Z"
    day = first_limits(command(drawn, tiles, "--time", noon, "--conditions", "snow=no", "--json"))
    assert [x["value"] for x in day] == [50, 80]
    assert (day[0]["next_change"], day[1]["next_change"]) == ("2026-06-10T20:00:00.000000Z", None)
    night = first_limits(command(drawn, tiles, "--time", ten, "--conditions", "snow=no", "--json"))
    assert [x["value"] for x in night] == [30, 80]
    lorry = ("--vehicle", "truck", "--mass-kg", "12000", "--conditions", "wet=yes,snow=no")
    truck = first_limits(command(drawn, tiles, "--time", noon, *lorry, "--json"))
    assert truck[1]["value"] == 70
    towing = first_limits(command(drawn, tiles, "--time", noon, "--trailer", "--conditions", "snow=no", "--json"))
    assert towing[1]["value"] == 60


def test_the_table_says_what_else_may_hold_and_until_when(drawn: Drawn, tiles: Path) -> None:
    done = command(drawn, tiles, "--time", "2026-06-10T19:59:00Z")
    assert done.exit_code == 0, done.stderr
    table = " ".join(done.stdout.replace("│", " ").split())
    for part in ("limit 50 km/h", "not certain", "limit, or 30 km/h", "22:00-06:00", "next change 20:00:00 UTC"):
        assert part in table


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--vehicle", "tank"), "--vehicle 'tank'; allowed: car, van, truck, bus, motorcycle, coach"),
        (("--mass-kg", "-1"), "--mass-kg -1 is outside 0 to 100000"),
        (("--conditions", "rain=yes"), "--conditions 'rain=yes'; allowed: wet|snow|fog|dark=yes|no|unknown"),
        (("--conditions", "wet"), "--conditions 'wet'"),
    ],
)
def test_the_command_says_what_is_wrong(drawn: Drawn, tiles: Path, arguments: tuple[str, ...], says: str) -> None:
    done = command(drawn, tiles, *arguments)
    assert done.exit_code == 2
    assert says in done.stderr
