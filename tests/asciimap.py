"""A road network drawn in letters, as real tiles.

    drawn = draw('''
        A----B----C
             |
             D
    ''', ways={"ABC": {"maxspeed_kmh": 50}})
    drawn.link("AB"), drawn.at("AB", 20.0), drawn.poses("ABD")

Letters and digits are nodes; one character is `grid_m` metres wide and high. `-`, `|`, `/` and `\\` join two nodes
into a two-way road; `+` lets two lines cross without meeting. A way "ABC" is the roads A-B and B-C; it takes the
place of what is drawn between them, and may join nodes that are not joined in the picture. The picture passes
through the real encoder and reader: what a test sees is what a service would see.

A picture holds two markets where `border` names a letter: what lies right of it, by columns, is another market's, and
the letters in its column that have roads on both sides are border nodes.

    drawn = draw("A----B----C", market="GB", driving_side="left", border="B", beyond=Beyond("FR"))

Attributes of a way, all optional: `oneway` (in the order of its letters), `maxspeed_kmh`, `maxspeed_mph`,
`limits` (tuple of TaggedLimit, instead), `lanes` (count per direction), `turns` (arrows of each), `lane_width_m`,
`lanes_basis`, `road_class`, `form_of_way`, `car_access`, `level`, `tunnel`, `bridge`, `name`, `ref`.

Layer L1 is there where `profiles` says what it holds, link by link; see `drawn_profiles.py`.
"""

import hashlib
import math
import random
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from mapprior.geo.frame import LocalFrame, distance_m
from mapprior.geo.polyline import Polyline
from mapprior.geo.units import US_PER_SEC, cm, e7
from mapprior.model.border import BorderNode
from mapprior.model.grid import LINK_LENGTH_M_MAX, column_row
from mapprior.model.ids import LaneId, LinkId, NodeId, TileId, index_of, link_id, node_id, tile_id, tile_of, tile_parts
from mapprior.model.lane import Lane, LaneChange, LaneSection, LaneType, LinkLanes
from mapprior.model.limit import LimitKind, SpeedUnit, TaggedLimit
from mapprior.model.link import CarAccess, FormOfWay, Link, Restriction, RoadClass
from mapprior.model.network import DatasetInfo, Network
from mapprior.model.pose import Pose
from mapprior.model.provenance import Basis, Layer
from mapprior.tile.lane_tile import LaneTileDraft, LaneTileView, encode_lane_tile, open_lane_tile
from mapprior.tile.profile_tile import ProfileTileDraft, ProfileTileView, encode_profile_tile, open_profile_tile
from mapprior.tile.road_tile import RoadTileDraft, RoadTileView, encode_road_tile, open_road_tile
from tests.drawn_profiles import Profiles

START_TIME_US = 1_700_000_000 * US_PER_SEC
_END_M = 0.01  # a pose this far past the end still counts as at the end
_STEPS = {"-": (0, 1), "|": (1, 0), "\\": (1, 1), "/": (1, -1)}
_ATTRIBUTES = {
    *("oneway", "maxspeed_kmh", "maxspeed_mph", "limits", "lanes", "lane_width_m", "road_class", "form_of_way"),
    *("lanes_basis", "car_access", "turns", "level", "tunnel", "bridge", "name", "ref"),
}
Attributes = Mapping[str, Any]


@dataclass(frozen=True)
class Beyond:
    """The market right of a border. `known`: each of the two names the other in its border nodes."""

    market: str
    driving_side: str = "right"
    dataset_id: int = 2
    known: bool = True


@dataclass(frozen=True)
class Drawn:
    """A drawn network. `network` has every tile loaded; `empty_network()` knows of them and has none."""

    network: Network
    datasets: tuple[DatasetInfo, ...]
    road_tiles: dict[TileId, RoadTileView]
    profile_tiles: dict[TileId, ProfileTileView]
    lane_tiles: dict[TileId, LaneTileView]
    road_blobs: dict[TileId, bytes]
    profile_blobs: dict[TileId, bytes]
    lane_blobs: dict[TileId, bytes]
    link_ids: dict[str, LinkId]
    _positions_e7: dict[str, tuple[int, int]] = field(repr=False)

    def empty_network(self) -> Network:
        return Network(self.datasets)

    def only(self, *markets: str) -> "Drawn":
        """The same with these markets' releases alone, as where the others are not served."""
        served = {d.dataset_id for d in self.datasets if d.market in markets}
        kept: dict[str, Any] = {
            name: {tile: x for tile, x in getattr(self, name).items() if tile_parts(tile)[0] in served}
            for layer in ("road", "profile", "lane")
            for name in (f"{layer}_tiles", f"{layer}_blobs")
        }
        link_ids = {k: v for k, v in self.link_ids.items() if tile_parts(tile_of(v))[0] in served}
        datasets = tuple(d for d in self.datasets if d.dataset_id in served)
        network = _network(datasets, kept["road_tiles"], kept["profile_tiles"], kept["lane_tiles"])
        return replace(self, network=network, datasets=datasets, link_ids=link_ids, **kept)

    def layers(self) -> dict[Layer, Iterable[tuple[TileId, bytes]]]:
        """Blobs by layer, as `write_release` takes them."""
        return {
            Layer.L0: self.road_blobs.items(),
            Layer.L1: self.profile_blobs.items(),
            Layer.L2: self.lane_blobs.items(),
        }

    def link(self, letters: str) -> Link:
        """The link between two joined letters, driven in that order. KeyError where there is none."""
        link = self.network.link(self.link_ids[letters])
        assert link is not None
        return link

    def links(self, letters: str) -> list[LinkId]:
        """The links along a sequence of letters."""
        return [self.link_ids[a + b] for a, b in pairwise(letters)]

    def position(self, letter: str) -> tuple[int, int]:
        """(lat_e7, lon_e7) of a node."""
        return self._positions_e7[letter]

    def at(self, letters: str, offset_m: float, lateral_m: float = 0.0) -> tuple[float, float]:
        """(lat_e7, lon_e7) at an offset on a link, `lateral_m` to its left."""
        line = self.link(letters).line
        x_m, y_m = line.xy_at(offset_m)
        heading_rad = line.heading_at(offset_m)
        return _lat_lon_e7(line.frame, x_m - lateral_m * math.sin(heading_rad), y_m + lateral_m * math.cos(heading_rad))

    def poses(
        self,
        letters: str,
        *,
        speed_mps: float = 15.0,
        rate_hz: float = 10.0,
        sigma_m: float = 0.0,
        seed: int = 0,
        start_time_us: int = START_TIME_US,
    ) -> list[Pose]:
        """Poses of a drive along the letters at steady speed, with independent Gaussian noise in each axis."""
        noise = random.Random(seed)
        poses: list[Pose] = []
        driven_m = 0.0
        for name in (a + b for a, b in pairwise(letters)):
            line = self.link(name).line
            while (offset_m := len(poses) * speed_mps / rate_hz - driven_m) <= line.length_m + _END_M:
                x_m, y_m = line.xy_at(offset_m)
                lat, lon = _lat_lon_e7(line.frame, x_m + noise.gauss(0.0, sigma_m), y_m + noise.gauss(0.0, sigma_m))
                poses.append(
                    Pose(
                        pose_time_us=start_time_us + round(len(poses) * US_PER_SEC / rate_hz),
                        lat_e7=lat,
                        lon_e7=lon,
                        heading_rad=line.heading_at(offset_m),
                        speed_mps=speed_mps,
                        position_sigma_m=max(sigma_m, 1.0),
                        heading_sigma_rad=0.05,
                        travelled_m=driven_m + offset_m,
                    )
                )
            driven_m += line.length_m
        return poses


@dataclass(frozen=True)
class _Road:
    """One drawn road between two letters."""

    letters: str
    way: str
    part: int
    attributes: Attributes


def draw(
    picture: str,
    *,
    ways: Mapping[str, Attributes] | None = None,
    restrictions: Sequence[Sequence[str]] = (),
    grid_m: float = 50.0,
    lat_deg: float = 50.0,
    lon_deg: float = 8.0,
    dataset_id: int = 1,
    market: str = "ZZ",
    driving_side: str = "right",
    border: str = "",
    beyond: Beyond | None = None,
    profiles: Profiles | None = None,
) -> Drawn:
    """The network of a picture; its upper left corner lies at (lat_deg, lon_deg).

    `restrictions` are sequences of links by their letters, `["AB", "BC"]`, a condition last, `"@07:00-09:00"`; one
    that crosses the border is left out.
    ValueError for a picture that makes no sense, for a road longer than a link may be (put a letter in between), and
    for one that crosses the border without a letter there.
    """
    cells = _cells(picture)
    frame = LocalFrame(lat0_e7=e7(lat_deg), lon0_e7=e7(lon_deg))
    columns = {letter: column for (_, column), letter in cells.items() if letter.isalnum()}
    positions = {
        letter: frame.lat_lon_e7(column * grid_m, -row * grid_m)
        for (row, column), letter in cells.items()
        if letter.isalnum()
    }
    roads = _roads(cells, ways or {}, positions)
    here = _Side(market, driving_side, dataset_id, roads, positions, {})
    sides = [here] if beyond is None else _split(here, beyond, columns, columns[border])
    text = repr((sorted(cells.items()), sorted(map(repr, roads)), restrictions, grid_m, lat_deg, lon_deg))
    build_id = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    drafts: dict[TileId, RoadTileDraft] = {}
    profiled: dict[TileId, ProfileTileDraft] = {}
    lanes: dict[TileId, LaneTileDraft] = {}
    link_ids: dict[str, LinkId] = {}
    datasets: list[DatasetInfo] = []
    for side in sides:
        own, own_ids = _drafts(side, dict(_directed(roads)), restrictions, build_id=build_id)
        by_link = {own_ids[k]: a for k, a in _directed(side.roads)}
        lanes |= _lane_drafts(own, by_link, right=side.driving_side == "right")
        if profiles is not None:
            profiled |= _profile_drafts(own, {v: k for k, v in own_ids.items()}, profiles)
        drafts |= own
        link_ids |= own_ids
        datasets.append(_dataset(side, build_id, own, with_profiles=profiles is not None))
    road_blobs = {tile: encode_road_tile(draft) for tile, draft in drafts.items()}
    profile_blobs = {tile: encode_profile_tile(draft) for tile, draft in profiled.items()}
    lane_blobs = {tile: encode_lane_tile(draft) for tile, draft in lanes.items()}
    road_tiles = {tile: open_road_tile(blob, name="drawn") for tile, blob in road_blobs.items()}
    profile_tiles = {tile: open_profile_tile(blob, name="drawn") for tile, blob in profile_blobs.items()}
    lane_tiles = {tile: open_lane_tile(blob, name="drawn") for tile, blob in lane_blobs.items()}
    return Drawn(
        network=_network(datasets, road_tiles, profile_tiles, lane_tiles),
        datasets=tuple(datasets),
        road_tiles=road_tiles,
        profile_tiles=profile_tiles,
        lane_tiles=lane_tiles,
        road_blobs=road_blobs,
        profile_blobs=profile_blobs,
        lane_blobs=lane_blobs,
        link_ids=link_ids,
        _positions_e7=positions,
    )


@dataclass(frozen=True)
class _Side:
    """What lies in one market. `borders`: its letters at the border, with the market beyond."""

    market: str
    driving_side: str
    dataset_id: int
    roads: Sequence["_Road"]
    positions: Mapping[str, tuple[int, int]]
    borders: Mapping[str, str]


def _split(whole: _Side, beyond: Beyond, columns: Mapping[str, int], at: int) -> list[_Side]:
    """The two sides of the line down a column; what lies along it stays on the first."""
    right = [x for x in whole.roads if max(columns[c] for c in x.letters) > at]
    left = [x for x in whole.roads if x not in right]
    for road in right:
        if min(columns[c] for c in road.letters) < at:
            raise ValueError(f"{road.letters} crosses the border: put a letter there")
    on_line = {c for c, column in columns.items() if column == at}
    joined = {c for c in on_line if all(any(c in x.letters for x in side) for side in (left, right))}
    here = {c: p for c, p in whole.positions.items() if columns[c] <= at}
    there = {c: p for c, p in whole.positions.items() if columns[c] > at or c in joined}
    return [
        replace(whole, roads=left, positions=here, borders=dict.fromkeys(joined, beyond.market * beyond.known)),
        _Side(
            beyond.market,
            beyond.driving_side,
            beyond.dataset_id,
            right,
            there,
            dict.fromkeys(joined, whole.market * beyond.known),
        ),
    ]


def _network(
    datasets: Sequence[DatasetInfo],
    roads: Mapping[TileId, RoadTileView],
    profiles: Mapping[TileId, ProfileTileView],
    lanes: Mapping[TileId, LaneTileView],
) -> Network:
    """A network with every tile at hand."""
    network = Network(datasets)
    network.roads.update(roads)
    network.profile_tiles.update(profiles)
    network.lane_tiles.update(lanes)
    network.absent.update((Layer.L1, tile) for tile in roads if tile not in profiles)
    network.absent.update((Layer.L2, tile) for tile in roads if tile not in lanes)
    return network


def _dataset(side: _Side, build_id: str, tiles: Mapping[TileId, RoadTileDraft], *, with_profiles: bool) -> DatasetInfo:
    lats, lons = zip(*side.positions.values(), strict=True)
    return DatasetInfo(
        market=side.market,
        dataset_id=side.dataset_id,
        build_id=build_id,
        name="drawn",
        source_time="2023-11-14T00:00:00Z",
        driving_side=side.driving_side,
        layers=frozenset((Layer.L0, Layer.L1, Layer.L2) if with_profiles else (Layer.L0, Layer.L2)),
        bounds_e7=(min(lats), min(lons), max(lats), max(lons)),
        tiles=frozenset(tiles),
    )


def _cells(picture: str) -> dict[tuple[int, int], str]:
    lines = textwrap.dedent(picture.expandtabs()).strip("\n").splitlines()
    cells = {(row, column): c for row, line in enumerate(lines) for column, c in enumerate(line) if not c.isspace()}
    nodes = [c for c in cells.values() if c.isalnum()]
    if len(set(nodes)) != len(nodes):
        raise ValueError(f"a letter stands twice in {sorted(nodes)}")
    if unknown := {c for c in cells.values() if not c.isalnum() and c not in "-|/\\+"}:
        raise ValueError(f"the picture has {unknown}; letters, digits and - | / \\ + are understood")
    return cells


def _drawn_pairs(cells: Mapping[tuple[int, int], str]) -> Iterator[str]:
    """Two letters for each line of the picture."""
    for (row, column), letter in cells.items():
        if not letter.isalnum():
            continue
        for stroke, (down, right) in _STEPS.items():
            place, steps = (row + down, column + right), 0
            while cells.get(place) in (stroke, "+"):
                place, steps = (place[0] + down, place[1] + right), steps + 1
            end = cells.get(place, " ")
            if steps and end.isalnum():
                yield letter + end


def _roads(
    cells: Mapping[tuple[int, int], str], ways: Mapping[str, Attributes], positions: Mapping[str, tuple[int, int]]
) -> list[_Road]:
    roads = [
        _Road(a + b, way, part, attributes)
        for way, attributes in ways.items()
        for part, (a, b) in enumerate(pairwise(way))
    ]
    for road in roads:
        if unknown := set(road.attributes) - _ATTRIBUTES:
            raise ValueError(f"way {road.way!r} has the unknown attributes {unknown}")
        if missing := set(road.letters) - set(positions):
            raise ValueError(f"way {road.way!r} passes {missing}, not in the picture")
    named = {frozenset(x.letters) for x in roads}
    roads += [_Road(pair, pair, 0, {}) for pair in _drawn_pairs(cells) if frozenset(pair) not in named]
    for road in roads:
        (lat_a, lon_a), (lat_b, lon_b) = (positions[x] for x in road.letters)
        if distance_m(lat_a_e7=lat_a, lon_a_e7=lon_a, lat_b_e7=lat_b, lon_b_e7=lon_b) > LINK_LENGTH_M_MAX:
            raise ValueError(f"{road.letters} is longer than {LINK_LENGTH_M_MAX} m: put a letter in between")
    return roads


def _directed(roads: Sequence[_Road]) -> Iterator[tuple[str, _Road]]:
    for road in roads:
        yield road.letters, road
        if not road.attributes.get("oneway"):
            yield road.letters[::-1], road


def _drafts(
    side: _Side, joined: Mapping[str, _Road], restrictions: Sequence[Sequence[str]], *, build_id: str
) -> tuple[dict[TileId, RoadTileDraft], dict[str, LinkId]]:
    """Tiles of one market; `joined` are the directed roads of all, which tell what ends dead."""
    positions = side.positions
    nodes = _nodes(positions, side.dataset_id)
    directed = dict(_directed(side.roads))
    link_ids: dict[str, LinkId] = {}
    letters_of: dict[TileId, list[str]] = {tile: [] for tile, _ in nodes.values()}
    for letters in sorted(directed, key=lambda x: (nodes[x[0]], nodes[x[1]])):
        tile = nodes[letters[0]][0]
        link_ids[letters] = link_id(tile, len(letters_of[tile]))
        letters_of[tile].append(letters)
    node_ids = {letter: node_id(*place) for letter, place in nodes.items()}
    drafts = {}
    for tile, names in letters_of.items():
        letters_here = sorted((x for x in nodes if nodes[x][0] == tile), key=lambda x: nodes[x])
        drafts[tile] = RoadTileDraft(
            tile_id=tile,
            build_id=build_id,
            links=[_link(x, joined, link_ids, node_ids, positions) for x in names],
            node_lat_e7=[positions[x][0] for x in letters_here],
            node_lon_e7=[positions[x][1] for x in letters_here],
            limits=[_limits(directed[x].attributes) for x in names],
            restrictions=[
                Restriction(tuple(link_ids[x] for x in letters), f"drawn:restriction/{i}", condition)
                for i, (letters, condition) in enumerate(map(_conditional, restrictions))
                if letters[0] in names and all(x in link_ids for x in letters)
            ],
            border_nodes={
                nodes[x][1]: BorderNode(_border_key(x), side.borders[x]) for x in letters_here if x in side.borders
            },
        )
    return drafts, link_ids


def _conditional(restriction: Sequence[str]) -> tuple[list[str], str]:
    """Its links, and its condition."""
    letters = [x for x in restriction if not x.startswith("@")]
    return letters, "".join(x[1:] for x in restriction if x.startswith("@"))


def _border_key(letter: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"drawn:node/{letter}".encode(), digest_size=8).digest(), "little")


def _nodes(positions: Mapping[str, tuple[int, int]], dataset_id: int) -> dict[str, tuple[TileId, int]]:
    """Tile and index in it of every node, by position."""
    counts: dict[TileId, int] = {}
    nodes = {}
    for letter in sorted(positions, key=lambda x: positions[x]):
        lat, lon = positions[letter]
        tile = tile_id(dataset_id, *column_row(lat_e7=lat, lon_e7=lon))
        nodes[letter] = (tile, counts.get(tile, 0))
        counts[tile] = counts.get(tile, 0) + 1
    return nodes


def _link(
    letters: str,
    directed: Mapping[str, _Road],
    link_ids: Mapping[str, LinkId],
    node_ids: Mapping[str, NodeId],
    positions: Mapping[str, tuple[int, int]],
) -> Link:
    road, own = directed[letters], link_ids[letters]
    a, b = letters[0], letters[1]
    line = Polyline(*zip(positions[a], positions[b], strict=True))
    twin = link_ids.get(b + a) if not road.attributes.get("oneway") else None
    same_tile = twin is not None and own >> 20 == twin >> 20
    get = road.attributes.get
    road_class = get("road_class", RoadClass.RESIDENTIAL)
    motorway = road_class is RoadClass.MOTORWAY
    return Link(
        link_id=own,
        twin_id=twin,
        geometry_link_id=min(own, twin) if twin is not None and same_tile else own,
        start_node=node_ids[a],
        end_node=node_ids[b],
        line=line,
        length_cm=max(1, cm(line.length_m)),
        road_class=road_class,
        form_of_way=get("form_of_way", FormOfWay.MOTORWAY if motorway else FormOfWay.SINGLE_CARRIAGEWAY),
        car_access=get("car_access", CarAccess.YES),
        names=tuple(filter(None, [get("name")])),
        route_refs=tuple(filter(None, [get("ref")])),
        tunnel=get("tunnel", False),
        bridge=get("bridge", False),
        level=get("level", 0),
        oneway=bool(get("oneway", False)),
        dead_end=not any(x[0] == b and x != b + a for x in directed),
        stable_ref=f"drawn:way/{road.way}:{road.letters}:{road.part}:{'+' if letters == road.letters else '-'}",
    )


def _limits(attributes: Attributes) -> tuple[TaggedLimit, ...]:
    stated: tuple[TaggedLimit, ...] | None = attributes.get("limits")
    if stated is not None:
        return stated
    for name, unit, suffix in (("maxspeed_kmh", SpeedUnit.KMH, ""), ("maxspeed_mph", SpeedUnit.MPH, " mph")):
        if name in attributes:
            value = attributes[name]
            raw = f"maxspeed={value}{suffix}"
            return (TaggedLimit(LimitKind.LIMITED, round(value * 1000), unit, Basis.TAGGED, raw),)
    return ()


def _lane_drafts(
    drafts: Mapping[TileId, RoadTileDraft], roads: Mapping[LinkId, _Road], *, right: bool
) -> dict[TileId, LaneTileDraft]:
    lanes = {
        tile: LaneTileDraft(
            tile,
            draft.build_id,
            {
                index_of(x.link_id): _lanes(x, roads[x.link_id].attributes, right=right)
                for x in draft.links
                if roads[x.link_id].attributes.get("lanes")
            },
        )
        for tile, draft in drafts.items()
    }
    return {tile: draft for tile, draft in lanes.items() if draft.lanes}


def _profile_drafts(
    drafts: Mapping[TileId, RoadTileDraft], letters: Mapping[LinkId, str], profiles: Profiles
) -> dict[TileId, ProfileTileDraft]:
    found: dict[TileId, ProfileTileDraft] = {}
    for tile, draft in drafts.items():
        of_links = {index_of(x.link_id): profiles(letters[x.link_id], x) for x in draft.links}
        shared: dict[str, dict[int, Any]] = {"curvature": {}, "elevation": {}}
        for link in draft.links:
            index, holder = index_of(link.link_id), index_of(link.geometry_link_id)
            for name, contents in shared.items():
                content = getattr(of_links[index], name)
                if content is not None and index == holder:
                    contents[holder] = content
                elif content is not None:
                    contents.setdefault(holder, content.reversed())
        made = ProfileTileDraft(
            tile,
            draft.build_id,
            **shared,
            carriageway={i: x.carriageway for i, x in of_links.items() if x.carriageway},
            features={i: y for i, x in of_links.items() if (y := x.link_features())},
        )
        if made.links_count:
            found[tile] = made
    return found


def _lanes(link: Link, attributes: Attributes, *, right: bool) -> LinkLanes:
    """Straight lanes of one width: around the line of a one-way road, beside it on the side driven on else."""
    count, width_m = attributes["lanes"], attributes.get("lane_width_m", 3.5)
    left_m = count * width_m / 2 if link.oneway else (0.0 if right else count * width_m)
    lines = [_moved(link.line, left_m - i * width_m / 2) for i in range(2 * count + 1)]
    oncoming = 0 if link.stable_ref.endswith("+") else count
    lanes = tuple(
        Lane(
            lane_id=LaneId(oncoming + i + 1),
            width_cm=cm(width_m),
            width_basis=Basis.TAGGED if "lane_width_m" in attributes else Basis.DERIVED,
            lane_type=LaneType.DRIVING,
            turns=attributes["turns"][i] if "turns" in attributes else (),
            change_left=LaneChange.ALLOWED if i > 0 else LaneChange.FORBIDDEN,
            change_right=LaneChange.ALLOWED if i < count - 1 else LaneChange.FORBIDDEN,
            centre_line=lines[2 * i + 1],
            left_boundary=lines[2 * i],
            right_boundary=lines[2 * i + 2],
        )
        for i in range(count)
    )
    return LinkLanes(attributes.get("lanes_basis", Basis.DERIVED), (LaneSection(0, link.length_cm, lanes),))


def _moved(line: Polyline, left_m: float) -> Polyline:
    dx_m, dy_m = -left_m * math.sin(line.heading_rad[0]), left_m * math.cos(line.heading_rad[0])
    points = [line.frame.lat_lon_e7(x + dx_m, y + dy_m) for x, y in zip(line.x_m, line.y_m, strict=True)]
    return Polyline(*zip(*points, strict=True))


def _lat_lon_e7(frame: LocalFrame, x_m: float, y_m: float) -> tuple[float, float]:
    """Not rounded, as a pose has it."""
    return frame.lat0_e7 + y_m / frame.north_m_per_e7, frame.lon0_e7 + x_m / frame.east_m_per_e7
