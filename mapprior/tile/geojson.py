"""Tiles as GeoJSON features, for a person with a map viewer. Degrees, longitude first, as RFC 7946 has it."""

from collections.abc import Iterator
from dataclasses import dataclass

from mapprior.errors import TileError
from mapprior.geo.frame import FULL_TURN_E7, HALF_TURN_E7, wrap_lon_e7
from mapprior.geo.polyline import Polyline
from mapprior.geo.units import E7, e7
from mapprior.model.grid import bounds_e7, ring
from mapprior.model.ids import TileId, index_of, link_id, tile_of, tile_parts
from mapprior.model.lane import LinkLanes
from mapprior.model.limit import TaggedLimit
from mapprior.model.link import Link
from mapprior.model.network import DatasetInfo, Network
from mapprior.model.provenance import LAYER_GROUPS
from mapprior.tile.profile_geojson import feature_places, profile_properties
from mapprior.tile.store import TileStore

Feature = dict[str, object]


@dataclass(frozen=True, slots=True)
class Box:
    """A box in 1e-7 degrees; west > east where it spans the antimeridian, equal only for the whole turn."""

    west_e7: int
    south_e7: int
    east_e7: int
    north_e7: int

    @classmethod
    def from_text(cls, text: str) -> "Box":
        """A box from `W,S,E,N` in degrees. ValueError where it is none."""
        try:
            west, south, east, north = map(float, text.split(","))
        except ValueError:
            raise ValueError("four numbers W,S,E,N in degrees are expected") from None
        for name, value, most in (("W", west, 180), ("S", south, 90), ("E", east, 180), ("N", north, 90)):
            if not -most <= value <= most:  # nor is it where it is no number
                raise ValueError(f"{name} {value:g} is outside -{most} to {most}")
        if south > north:
            raise ValueError(f"S {south:g} is above N {north:g}")
        return cls(*map(e7, (west, south, east, north)))

    def meets(self, line: Polyline) -> bool:
        """Whether the line's own box meets this one."""
        if max(line.lat_e7) < self.south_e7 or min(line.lat_e7) > self.north_e7:
            return False
        half = ((self.east_e7 - self.west_e7) % FULL_TURN_E7 or FULL_TURN_E7) // 2
        if half >= HALF_TURN_E7:
            return True
        xs = [wrap_lon_e7(lon - self.west_e7 - half) for lon in line.lon_e7]
        return min(xs) <= half and max(xs) >= -half


def features(store: TileStore, box: Box) -> Iterator[Feature]:
    """Every link that comes near the box, with its limits, profiles and lanes, each followed by what stands along it
    and by its lanes' centre lines."""
    for dataset in store.datasets:
        for tile in sorted(_tiles(dataset, box)):
            network = Network([dataset])
            try:
                for layer in LAYER_GROUPS:
                    if (found := store.read(layer, tile)) is not None:
                        network.put(layer, found)
                yield from _tile_features(dataset.market, network, tile, box)
            except TileError as error:
                _, x, y = tile_parts(tile)
                raise TileError(f"{error} (tile {x}/{y})") from None


def _tiles(dataset: DatasetInfo, box: Box) -> Iterator[TileId]:
    """Tiles that meet the box, and those around them: a link runs on past its tile."""
    for tile in dataset.tiles:
        for near in ring(tile):
            south, west, north, east = bounds_e7(*tile_parts(near)[1:])
            if box.meets(Polyline((south, north), (west, wrap_lon_e7(east)))):
                yield tile
                break


def _tile_features(market: str, network: Network, tile: TileId, box: Box) -> Iterator[Feature]:
    road = network.roads.get(tile)
    for index in range(road.link_count if road is not None else 0):
        link = network.link(link_id(tile, index))
        if link is None or not box.meets(link.line):
            continue
        lanes = network.lanes(link.link_id)
        yield _link_feature(market, link, network, lanes)
        for (lat_e7, lon_e7), properties in feature_places(network, link):
            yield _point(lat_e7, lon_e7, {"kind": "feature", "link_id": str(link.link_id), **properties})
        if lanes is not None:
            yield from _lane_features(link, lanes)


def _link_feature(market: str, link: Link, network: Network, lanes: LinkLanes | None) -> Feature:
    return _feature(
        link.line,
        {
            "kind": "link",
            "link_id": str(link.link_id),
            "ref": link.stable_ref,
            "market": market,
            "tile": "/".join(map(str, tile_parts(tile_of(link.link_id))[1:])),
            "index": index_of(link.link_id),
            "twin_id": None if link.twin_id is None else str(link.twin_id),
            "length_m": link.length_cm / 100,
            "class": link.road_class.name,
            "form_of_way": link.form_of_way.name,
            "car_access": link.car_access.name,
            "names": list(link.names),
            "route_refs": list(link.route_refs),
            "oneway": link.oneway,
            "tunnel": link.tunnel,
            "bridge": link.bridge,
            "level": link.level,
            "dead_end": link.dead_end,
            "limits": [_limit(x) for x in network.limits(link.link_id)],
            "lanes": None if lanes is None else _lane_list(lanes),
            **profile_properties(network, link),
        },
    )


def _limit(limit: TaggedLimit) -> dict[str, object]:
    numeric = limit.posted_unit != 0
    return {
        "kind": limit.kind.name,
        "value": limit.posted_value_milli / 1000 if numeric else None,
        "unit": limit.posted_unit.name if numeric else None,
        "basis": limit.basis.name,
        "vehicle": limit.vehicle,
        "condition": limit.condition,
        "lane_index": None if limit.lane_index < 0 else limit.lane_index,
        "rule_ref": limit.rule_ref,
        "raw": limit.raw,
    }


def _lane_list(lanes: LinkLanes) -> list[dict[str, object]]:
    return [
        {
            "start_offset_m": section.start_cm / 100,
            "end_offset_m": section.end_cm / 100,
            "lane_index": place,
            "lane_id": str(lane.lane_id),
            "width_m": lane.width_cm / 100 if lane.width_cm else None,
            "width_basis": lane.width_basis.name,
            "type": lane.lane_type.name,
            "turns": [turn.name for turn in lane.turns],
            "destinations": list(lane.destinations),
            "change_left": lane.change_left.name,
            "change_right": lane.change_right.name,
            "basis": lanes.basis.name,
        }
        for section in lanes.sections
        for place, lane in enumerate(section.lanes)
    ]


def _lane_features(link: Link, lanes: LinkLanes) -> Iterator[Feature]:
    lines = [lane.centre_line for section in lanes.sections for lane in section.lanes]
    for line, properties in zip(lines, _lane_list(lanes), strict=True):
        yield _feature(line, {"kind": "lane", "link_id": str(link.link_id), **properties})


def _point(lat_e7: int, lon_e7: int, properties: dict[str, object]) -> Feature:
    geometry = {"type": "Point", "coordinates": [lon_e7 / E7, lat_e7 / E7]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _feature(line: Polyline, properties: dict[str, object]) -> Feature:
    """Longitudes run on past 180 degrees where a line crosses the antimeridian, so that it stays in one piece."""
    start = line.lon_e7[0]
    coordinates = [
        [(start + wrap_lon_e7(lon - start)) / E7, lat / E7] for lat, lon in zip(line.lat_e7, line.lon_e7, strict=True)
    ]
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": coordinates},
        "properties": properties,
    }
