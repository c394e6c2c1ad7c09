"""OpenStreetMap XML drawn in a test: nodes in metres around a place, ways and restrictions in a line each."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from mapprior.build.pipeline import build_market
from mapprior.build.report import BuildReport
from mapprior.build.request import BuildRequest
from mapprior.geo.frame import LocalFrame
from mapprior.geo.units import E7
from mapprior.model.lane import LinkLanes
from mapprior.model.limit import TaggedLimit
from mapprior.model.link import Link, Restriction
from mapprior.model.profile import FeatureKind, LinkCarriageway, LinkFeature
from mapprior.tile.store import open_markets

Tags = Mapping[str, str]
LAT0_E7, LON0_E7 = 50 * E7, 8 * E7
ROAD: Tags = {"highway": "residential"}


def osm_xml(
    nodes: Mapping[int, tuple[float, float]],
    ways: Mapping[int, tuple[Sequence[int], Tags]],
    restrictions: Mapping[int, tuple[Sequence[tuple[str, int, str]], Tags]] = {},
    *,
    node_tags: Mapping[int, Tags] = {},
    order: Iterable[int] | None = None,
    lat0_e7: int = LAT0_E7,
    lon0_e7: int = LON0_E7,
) -> str:
    """A file. `order` gives the order of the ways; members of restrictions are (`way` or `node`, id, role)."""
    frame = LocalFrame(lat0_e7=lat0_e7, lon0_e7=lon0_e7)
    lines = ['<osm version="0.6">']
    for node, (x_m, y_m) in nodes.items():
        lat, lon = frame.lat_lon_e7(x_m, y_m)
        lines += [
            f'<node id="{node}" lat="{lat / E7:.7f}" lon="{lon / E7:.7f}">',
            *_tags(node_tags.get(node, {})),
            "</node>",
        ]
    for way in ways if order is None else order:
        refs, tags = ways[way]
        lines += [f'<way id="{way}">', *(f'<nd ref="{ref}"/>' for ref in refs), *_tags(tags), "</way>"]
    for relation, (members, tags) in restrictions.items():
        lines += [f'<relation id="{relation}">']
        lines += [f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members]
        lines += [*_tags({"type": "restriction", **tags}), "</relation>"]
    return "\n".join([*lines, "</osm>"])


def _tags(tags: Tags) -> list[str]:
    return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()]


class Built:
    """A market that was built from a drawn file, read back from its tiles."""

    def __init__(self, directory: Path, text: str, market: str = "DE") -> None:
        source = directory / "drawn.osm"
        source.write_text(text)
        self.out_dir = directory / market
        self.report: BuildReport = build_market(BuildRequest(market=market, out_dir=self.out_dir, sources=(source,)))
        store = open_markets([self.out_dir])
        self.links: dict[str, Link] = {}
        self.limits: dict[str, tuple[TaggedLimit, ...]] = {}
        self.lanes: dict[str, LinkLanes] = {}
        self.restrictions: list[Restriction] = []
        self.features: dict[str, tuple[LinkFeature, ...]] = {}
        self.carriageways: dict[str, LinkCarriageway] = {}
        for tile in sorted(store.datasets[0].tiles):
            roads, lanes, profiles = store.read_road(tile), store.read_lanes(tile), store.read_profiles(tile)
            assert roads is not None
            for index in range(roads.link_count):
                link = roads.link(index)
                self.links[link.stable_ref.removeprefix("osm:way/")] = link
                self.limits[link.stable_ref.removeprefix("osm:way/")] = roads.limits(index)
                self.restrictions += roads.restrictions(index)
                found = lanes.lanes(index) if lanes is not None else None
                if found is not None:
                    self.lanes[link.stable_ref.removeprefix("osm:way/")] = found
                features = profiles.features(index) if profiles is not None else None
                if features is not None:
                    self.features[link.stable_ref.removeprefix("osm:way/")] = features.features
                carriageway = profiles.carriageway(index) if profiles is not None else None
                if carriageway is not None:
                    self.carriageways[link.stable_ref.removeprefix("osm:way/")] = carriageway

    def of(self, kind: FeatureKind) -> dict[str, list[LinkFeature]]:
        """Features of a kind by link, without the part number: `10:1-2:+`."""
        found: dict[str, list[LinkFeature]] = {}
        for name, features in self.features.items():
            way, nodes, _, direction = name.split(":")
            own = [x for x in features if x.kind is kind]
            if own:
                found.setdefault(f"{way}:{nodes}:{direction}", []).extend(own)
        return found

    def forbidden(self) -> set[tuple[str, ...]]:
        """Forbidden sequences by stable reference, conditional ones with their condition at the end."""
        names = {link.link_id: name for name, link in self.links.items()}
        return {
            (*(names[link] for link in r.links), *([f"@ {r.condition}"] if r.condition else []))
            for r in self.restrictions
        }

    def refused(self) -> dict[str, list[str]]:
        """Elements by reason."""
        return {reason: [r.element for r in rs] for reason, rs in self.report.refusals.by_reason.items()}
