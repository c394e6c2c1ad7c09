"""Rebuilds the sample tiles from their pinned sources and compares them byte for byte with the committed ones.

    python -m tiles.build_samples            build, compare, exit 1 where a byte differs
    python -m tiles.build_samples --write    build and put the result in place of the committed ones

Work happens in `.cache/tiles`; nothing outside the checkout is touched.
"""

import shutil
import sys
from pathlib import Path

from mapprior.build.pipeline import build_market
from mapprior.build.request import BuildRequest
from mapprior.errors import MapPriorError
from tiles.sources import HERE, fetch, read_sources
from tiles.synthetic import motorway, work_zones

CACHE = HERE.parent / ".cache" / "tiles"
DRAWN = {"motorway.osm": motorway.draw_osm, "work_zones.geojson": work_zones.draw}


def main() -> int:
    """0 where everything is as committed (or was written), 1 otherwise."""
    write = "--write" in sys.argv[1:]
    built = CACHE / "built"
    shutil.rmtree(built, ignore_errors=True)
    different = _draw_synthetic(write=write)
    pinned, synthetic = read_sources()
    for sample in pinned:
        build(fetch(sample, cache=CACHE), sample.market, sample.release, built)
    for drawn in synthetic:
        build(HERE / drawn.file, drawn.market, drawn.release, built, licence=drawn.licence)
    for market in sorted(path.name for path in built.iterdir()):
        changed = differing_files(built / market, HERE / market)
        different += [f"{market}/{name}" for name in changed]
        if write and changed:
            shutil.rmtree(HERE / market, ignore_errors=True)
            shutil.copytree(built / market, HERE / market)
    for name in different:
        print(f"tiles/{name}: {'written anew' if write else 'differs from what its source gives'}")
    if not different:
        print("every sample tile is byte for byte what its source gives")
    return 1 if different and not write else 0


def differing_files(left: Path, right: Path) -> list[str]:
    """Names of files that only one folder has, or whose bytes differ."""
    names = {path.relative_to(top).as_posix() for top in (left, right) for path in top.rglob("*") if path.is_file()}
    return sorted(name for name in names if _bytes(left / name) != _bytes(right / name))


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _draw_synthetic(*, write: bool) -> list[str]:
    different = []
    for name, draw in DRAWN.items():
        path, drawn = HERE / "synthetic" / name, draw().encode()
        if _bytes(path) != drawn:
            different.append(f"synthetic/{name}")
            if write:
                path.write_bytes(drawn)
    return different


def build(source: Path, market: str, release: str, out: Path, *, licence: str | None = None) -> None:
    """One market, into `out`/`market`; without `licence` the build states OpenStreetMap's."""
    print(f"building {market} from {source.name}")
    build_market(BuildRequest(sources=(source,), market=market, out_dir=out / market, release=release, licence=licence))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MapPriorError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
