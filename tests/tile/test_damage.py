"""A flipped byte anywhere in a release never serves a wrong value, and verification always finds it."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import TileError
from mapprior.model.provenance import LAYER_GROUPS, Layer, ProfileGroup
from mapprior.tile.store import TileStore, open_markets
from mapprior.tile.verify import verify_markets
from tests.asciimap import Drawn
from tests.tile.markets import small, write_market

ARCHIVES = ("L0.pmtiles", "L1.pmtiles", "L2.pmtiles")


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> tuple[Drawn, Path]:
    drawn, directory = small(), tmp_path_factory.mktemp("damage") / "ZZ"
    write_market(drawn, directory)
    return drawn, directory


def served(store: TileStore, drawn: Drawn) -> object:
    """Everything the store says of the drawing."""
    answers: list[object] = [(d.market, d.build_id, d.driving_side, d.bounds_e7, d.tiles) for d in store.datasets]
    for tile in drawn.road_blobs:
        answers.append(store.market_pack_json(drawn.datasets[0].dataset_id))
        road, profiles, lanes = store.read_road(tile), store.read_profiles(tile), store.read_lanes(tile)
        assert road is not None and profiles is not None
        for index in range(road.link_count):
            link = road.link(index)
            answers += [repr(link).partition("line=")[0], link.length_cm, link.line.lat_e7, link.line.lon_e7]
            answers += [road.limits(index), list(road.restrictions(index)), list(road.links_from(0))]
            answers += [road.content(index, group) for group in ProfileGroup]
            answers.append(None if lanes is None else lanes.content(index, ProfileGroup.LANE))
            answers += [profiles.content(index, group) for group in LAYER_GROUPS[Layer.L1]]
            answers += [profiles.bases(index, group) for group in LAYER_GROUPS[Layer.L1]]
            answers += [profiles.curvature(index), profiles.features(index), profiles.carriageway(index)]
    return answers


def answers_of(directory: Path, drawn: Drawn) -> object:
    """What a reader gets; TileError where it is told of damage."""
    with open_markets([directory]) as store:
        return served(store, drawn)


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_flip_of_each_byte_serves_nothing_wrong(market: tuple[Drawn, Path], name: str) -> None:
    drawn, directory = market
    path = directory / name
    sound = path.read_bytes()
    truth = answers_of(directory, drawn)
    seen = 0
    try:
        for place in range(len(sound)):
            damaged = bytearray(sound)
            damaged[place] ^= 1 << (place * 5) % 8
            path.write_bytes(damaged)
            try:
                assert answers_of(directory, drawn) == truth, f"byte {place}"
            except TileError as error:
                assert str(error).startswith((str(path), f"ZZ/{name}: ")), f"byte {place}: {error}"
                seen += 1
    finally:
        path.write_bytes(sound)
    assert seen > 0.98 * len(sound)  # some bits of a zstd frame mean nothing


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_verify_finds_a_flip_anywhere(market: tuple[Drawn, Path], data: st.DataObject) -> None:
    drawn, directory = market
    names = (*ARCHIVES, "market.json")
    path = directory / data.draw(st.sampled_from(names))
    sound = path.read_bytes()
    place, bits = data.draw(st.integers(0, len(sound) - 1)), data.draw(st.integers(1, 255))
    truth = answers_of(directory, drawn)
    damaged = bytearray(sound)
    damaged[place] ^= bits
    path.write_bytes(damaged)
    try:
        report = verify_markets([directory])
        assert not report.sound
        assert any(finding.file in (str(path), str(directory / "manifest.json")) for finding in report.findings)
        with suppress(TileError):
            assert answers_of(directory, drawn) == truth
    finally:
        path.write_bytes(sound)


@pytest.mark.parametrize("name", ARCHIVES)
def test_truncated_anywhere_it_does_not_open(market: tuple[Drawn, Path], name: str) -> None:
    drawn, directory = market
    path = directory / name
    sound = path.read_bytes()
    try:
        for length in range(0, len(sound), 7):
            path.write_bytes(sound[:length])
            with pytest.raises(TileError, match=name):
                answers_of(directory, drawn)
        path.write_bytes(sound + b"\0")
        with pytest.raises(TileError, match=name):
            answers_of(directory, drawn)
    finally:
        path.write_bytes(sound)


def test_truncated_while_open_it_says_so(tmp_path: Path) -> None:
    drawn = small()
    write_market(drawn, tmp_path / "ZZ")
    (tile,) = drawn.road_blobs
    with open_markets([tmp_path]) as store:
        with (tmp_path / "ZZ" / "L0.pmtiles").open("r+b") as file:
            file.truncate(file.seek(0, 2) - 10)
        with pytest.raises(TileError, match="truncated"):
            store.read_road(tile)
        with pytest.raises(TileError, match="truncated"):
            store.read_raw(Layer.L0, tile)
        assert store.read_lanes(tile) is not None


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "truncated"),
        (b"\x89PNG\r\n\x1a\n" * 200, "does not begin as a PMTiles archive"),
        (b"PMTiles\x02" + bytes(2000), "PMTiles version 2"),
        (b"PMTiles\x04" + bytes(2000), "PMTiles version 4"),
        (b"PMTiles\x03" + bytes(2000), "damaged, or of another build"),
    ],
)
def test_a_foreign_file_is_named(tmp_path: Path, data: bytes, what: str) -> None:
    write_market(small(), tmp_path / "ZZ")
    (tmp_path / "ZZ" / "L0.pmtiles").write_bytes(data)
    with pytest.raises(TileError, match=f"L0.pmtiles: .*{what}"):
        open_markets([tmp_path])


def test_no_message_tells_which_tile(market: tuple[Drawn, Path]) -> None:
    """A tile number in a server's log would tell where somebody drove; `verify` names it at a desk."""
    drawn, directory = market
    path = directory / "L0.pmtiles"
    sound = path.read_bytes()
    (tile,) = drawn.road_blobs
    x, y = (tile >> 14) & 16_383, tile & 16_383
    path.write_bytes(sound[:-9] + bytes([sound[-9] ^ 255]) + sound[-8:])
    try:
        with open_markets([directory]) as store, pytest.raises(TileError) as caught:
            store.read_road(tile)
        assert not any(str(n) in str(caught.value) for n in (tile, x, y))
        (whole, finding) = verify_markets([directory]).findings
        assert finding.tile == (x, y) and f"tile {x}/{y}" in str(finding)
        assert whole.section.startswith("tile data")
    finally:
        path.write_bytes(sound)
