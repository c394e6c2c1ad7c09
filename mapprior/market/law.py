"""The law of one market, as a release carries it: which road type, which statements, which place.

In: the JSON of `market.json`. Out: what law says about a reference such as `DE:rural`, for all vehicles and
conditions, on a date and in a region. Decides nothing about a vehicle or a moment (`effective.py`), and never
guesses: a reference that the pack does not know has no answer.

`places` of that JSON says where the tiles lie; the build fills it in:

    {"region": "", "time_zone": "Europe/London", "tiles": {"8143/5449": ["GB-WLS", "Europe/London"]}}

`tiles` (column/row at zoom 14) lists those that differ from the first two. Empty text is unknown, also where a tile
lies in two of them.
"""

import datetime as dt
import hashlib
import json
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from mapprior.errors import ConfigError
from mapprior.geo.units import E7
from mapprior.market.circumstances import Place
from mapprior.market.limit_values import mm_per_sec, posted_speed
from mapprior.market.pack import LawEntry, Pack, read_pack, slow_zone
from mapprior.model.grid import bounds_e7
from mapprior.model.ids import TileId, tile_parts
from mapprior.model.limit import LimitKind, LimitRole, SpeedUnit, TaggedLimit
from mapprior.model.provenance import Basis

# What a statement is worth where its source is not plainly good; else what its basis is worth. Working figures.
CONFIDENCE_PERMILLE: Final = {"secondary": 600, "conflict": 400, "weak": 400, "unverified": 400}
REGIONS_COUNT_MAX: Final = 32  # named by one condition, which stays readable to `condition.py`
_ZONE_UNIT_TEXTS: Final = {SpeedUnit.KMH: "", SpeedUnit.MPH: " mph"}


class MarketLaw:
    """Frozen once made. Answers about the road types of one market; of a market without pack it knows no law."""

    def __init__(self, market: str, pack: Pack | None, places: Mapping[str, Any]) -> None:
        self.market = market
        self.digest = "" if pack is None else _digest(pack.table)
        self.dated: Final = None if pack is None else pack.dated  # the day its values were last checked
        self._pack = pack
        self._places = places
        limits = () if pack is None else pack.limits
        dates = {date for x in limits for date in (x.valid_from, x.valid_to) if date is not None}
        self.dates: Final = tuple(sorted(dates))  # days on which the law changes
        self.regions: Final = frozenset(x.region for x in limits if x.region)
        words = {w for x in pack.road_types if x.when for w in x.when} if pack is not None else set()
        self.ref_prefixes: Final = tuple(sorted(w.removeprefix("ref:") for w in words if w.startswith("ref:")))
        stated = [
            x
            for entry in limits
            for x in entry.statements
            if x.role is LimitRole.MAXIMUM and x.vehicle in ("", "motorcar")
        ]
        numbers = [x for x in stated if x.kind is LimitKind.LIMITED]
        highest = max(numbers, key=mm_per_sec, default=None)
        self.speed_max: Final = None if highest is None else posted_speed(highest)
        self.unlimited_exists: Final = any(x.kind is LimitKind.UNLIMITED for x in stated)
        self._answers: dict[tuple[str, int, str], tuple[TaggedLimit, ...]] = {}

    @classmethod
    def from_pack(cls, market_json: Mapping[str, Any]) -> "MarketLaw":
        """From the content of `market.json`. ConfigError where law or places are damaged or of another market."""
        market = market_json.get("code", "")
        if not isinstance(market, str):
            raise ConfigError(f"market.json: code is {market!r}; allowed: the code of a market")
        table, file = market_json.get("law"), f"{market}/market.json"
        if table is not None and not isinstance(table, dict):
            raise ConfigError(f"market pack {file}: law is {type(table).__name__}; allowed: a market pack")
        pack = None if table is None else read_pack(table, file)
        if pack is not None and pack.market != market:
            raise ConfigError(f"market pack {file}: market is {pack.market!r}; allowed: {market!r}, the release's code")
        return cls(market, pack, _checked_places(market_json, file))

    def road_type(self, words: Collection[str]) -> str | None:
        """The name of the last road type, in the pack's order, all of whose words are among these; None for none.

        One more word never leads to an earlier type.
        """
        types = () if self._pack is None else self._pack.road_types
        found = [x.name for x in types if x.when is not None and x.when.issubset(words)]
        return found[-1] if found else None

    @property
    def rules(self) -> tuple[str, ...]:
        """References to all of its road types."""
        return () if self._pack is None else tuple(f"{self.market}:{x.name}" for x in self._pack.road_types)

    def statements(self, rule_ref: str, *, date: dt.date | None, region: str) -> tuple[TaggedLimit, ...] | None:
        """What law says about the roads that a reference names, on a date, in a region.

        All of it, for every vehicle and condition; a base value stands before its conditions. None where the
        reference is of another market, or names no road type and no slow zone. Without a date, or in a region that
        is not known ("") where that matters, every entry that may hold is given, with a condition that says so:
        `from 2025-02-07`, `until 2025-02-07` (that day no more), `in GB-WLS`; regions that say the same share one
        statement, `in US-CA or US-OR`. A region in the reference itself (`BE-VLG:rural`) counts before the one given.
        """
        prefix, colon, word = rule_ref.partition(":")
        market, dash, _ = prefix.partition("-")
        if self._pack is None or not colon or market != self.market:
            return None
        road_type = self._pack.type_named(word)
        if road_type is None:
            return self._slow_zone(rule_ref, word)
        region = prefix if dash else region
        where = region if region in self.regions or not region else "elsewhere"
        key = (rule_ref, -1 if date is None else bisect_right(self.dates, date), where)
        answer = self._answers.get(key)
        if answer is None:
            entries = [x for x in self._pack.limits if x.road_type == road_type.name]
            answer = tuple(self._valid(entries, rule_ref, date, where))
            self._answers[key] = answer
        return answer

    def place(self, tile_id: TileId) -> Place:
        """Where the roads of a tile lie; the position is that of its middle, to a tenth of a degree."""
        _, x, y = tile_parts(tile_id)
        region, time_zone = self._places["tiles"].get(f"{x}/{y}", (self._places["region"], self._places["time_zone"]))
        south, west, north, east = bounds_e7(x, y)
        lat_deg, lon_deg = (round((a + b) / 2 / E7, 1) for a, b in ((south, north), (west, east)))
        return Place(self.market, region, time_zone, lat_deg, lon_deg)

    def _slow_zone(self, rule_ref: str, word: str) -> tuple[TaggedLimit, ...] | None:
        number = slow_zone(word)
        if number is None or self._pack is None:
            return None
        unit = self._pack.speed_unit
        raw = f"{self.market} law: zone {number}{_ZONE_UNIT_TEXTS[unit]}"
        return (TaggedLimit(LimitKind.LIMITED, number * 1000, unit, Basis.LAW_DEFAULT, raw, rule_ref=rule_ref),)

    def _valid(
        self, entries: list[LawEntry], rule_ref: str, date: dt.date | None, region: str
    ) -> Iterator[TaggedLimit]:
        entries = [
            x for x in entries if (date is None or x.is_valid(date)) and (not region or x.region in ("", region))
        ]
        found: list[tuple[LawEntry, list[str]]] = []
        for entry, regions in _together(entries, dated=date is not None, apart=bool(region)):
            own = [x for x in entries if x.key == entry.key and x.region and region] if not entry.region else []
            if own and date is not None:
                continue  # the region's own entry holds instead
            when = _dates_in_words(entry.valid_from, entry.valid_to) if date is None else []
            if regions:
                when.append(f"in {' or '.join(regions)}")
            found += [(entry, [*when, *others]) for others in _without(own)]
        # The base first, then what may replace it, then what holds under conditions: a later one wins.
        for entry, when in sorted(found, key=lambda x: (x[0].key.endswith(":conditional"), bool(x[1]))):
            for statement in entry.statements:
                yield replace(
                    statement,
                    basis=Basis.LAW_DEFAULT,
                    raw=f"{self.market} law: {entry.key}={entry.text}",
                    condition=" AND ".join(filter(None, (statement.condition, *when))),
                    rule_ref=rule_ref,
                    confidence_permille=CONFIDENCE_PERMILLE.get(entry.confidence, 0),
                )


def _together(entries: list[LawEntry], *, dated: bool, apart: bool) -> Iterator[tuple[LawEntry, list[str]]]:
    """Entries in their order; those that say the same in different regions are one, with all of these regions.

    `dated`: all hold on the day asked for, whatever days they have. `apart`: the region is known, each entry stands
    alone and names none. Regions exclude each other, so it does not matter to the clauses between them that one moves
    forward.
    """
    groups: dict[tuple[object, ...], list[LawEntry]] = {}
    for i, x in enumerate(entries):
        days = None if dated else (x.valid_from, x.valid_to)
        same = i if apart or not x.region else (x.key, x.text, x.confidence, days)
        groups.setdefault((same,), []).append(x)
    for group in groups.values():
        for i in range(0, len(group), REGIONS_COUNT_MAX):
            part = group[i : i + REGIONS_COUNT_MAX]
            yield part[0], [] if apart or not part[0].region else sorted({x.region for x in part})


def _dates_in_words(since: dt.date | None, until: dt.date | None) -> list[str]:
    return ([f"from {since}"] if since is not None else []) + ([f"until {until}"] if until is not None else [])


def _without(entries: list[LawEntry]) -> list[list[str]]:
    """The times, in words, in which none of these dated entries of one key and region holds."""
    gaps, since, open_end = [], None, True
    for x in sorted(entries, key=lambda x: x.valid_from or dt.date.min):
        if x.valid_from is not None and x.valid_from != since:
            gaps.append(_dates_in_words(since, x.valid_from))
        since, open_end = x.valid_to, x.valid_to is not None
    return [*gaps, _dates_in_words(since, None)] if open_end else gaps


def _checked_places(market_json: Mapping[str, Any], file: str) -> Mapping[str, Any]:
    """The part `places`; without it every tile is in the country's time zone, if it has only one."""
    zones = market_json.get("time_zones")
    only = zones[0] if isinstance(zones, list) and len(zones) == 1 and isinstance(zones[0], str) else ""
    places = market_json.get("places", {"region": "", "time_zone": only, "tiles": {}})
    if (
        not isinstance(places, dict)
        or set(places) != {"region", "time_zone", "tiles"}
        or not isinstance(places["tiles"], dict)
        or not all(isinstance(places[key], str) for key in ("region", "time_zone"))
        or not all(
            isinstance(x, list) and len(x) == 2 and all(isinstance(y, str) for y in x) for x in places["tiles"].values()
        )
    ):
        raise ConfigError(
            f"market pack {file}: places is damaged; allowed: region and time_zone as text, tiles with the two of each"
        )
    return places


def _digest(table: Mapping[str, Any]) -> str:
    text = json.dumps(table, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
