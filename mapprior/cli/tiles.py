"""`mapprior tiles`: what a release holds, whether it is whole, what it looks like on a map."""

import json
import sys
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.table import Table

from mapprior.cli.found import EXIT_CODES, NOTHING_FOUND, not_covered
from mapprior.cli.road_words import counted
from mapprior.errors import ConfigError
from mapprior.tile.geojson import Box, features
from mapprior.tile.manifest import Manifest
from mapprior.tile.store import market_directories, open_markets, read_market_manifest
from mapprior.tile.verify import verify_markets

FEATURES_COUNT_MAX = 1_000_000

tiles_app = typer.Typer(no_args_is_help=True, help="Look into tiles, verify them, show them as GeoJSON.")
Directories = Annotated[
    list[Path], typer.Argument(metavar="DIR...", help="A market's directory, or one that holds several.")
]


@tiles_app.command(epilog=EXIT_CODES)
def info(
    directories: Directories,
    as_json: Annotated[bool, typer.Option("--json", help="The manifests, one JSON array.")] = False,
) -> None:
    """Say what is in a release: identities, source, licence, layers, statistics."""
    manifests = [read_market_manifest(x)[0] for path in directories for x in market_directories(path)]
    if as_json:
        typer.echo(json.dumps([json.loads(x.to_json()) for x in manifests], indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False, markup=False)
    for manifest in manifests:
        console.print(_table(manifest))


@tiles_app.command(epilog=EXIT_CODES)
def verify(
    directories: Directories,
    as_json: Annotated[bool, typer.Option("--json", help="The findings as JSON.")] = False,
) -> None:
    """Check every byte against the manifest, decode every tile, follow every reference; exit code 1 if damaged."""
    console = Console(stderr=True, highlight=False)
    with console.status("verifying") as status:
        report = verify_markets(directories, progress=lambda tiles: status.update(f"verifying: {tiles:,} tiles"))
    if as_json:
        findings = [
            {"file": x.file, "tile": x.tile, "section": x.section, "problem": x.problem} for x in report.findings
        ]
        typer.echo(json.dumps({"sound": report.sound, "findings": findings}, indent=2, ensure_ascii=False))
    else:
        for finding in report.findings:
            typer.echo(str(finding))
        typer.echo(
            f"{counted(report.markets_count, 'market')}, {counted(report.archives_count, 'archive')}, "
            f"{counted(report.tiles_count, 'tile')}, {counted(report.links_count, 'link')}: "
            + ("sound" if report.sound else counted(len(report.findings), "finding"))
        )
    if not report.sound:
        raise typer.Exit(1)


@tiles_app.command(epilog=EXIT_CODES)
def show(
    directories: Directories,
    bbox: Annotated[str, typer.Option(metavar="W,S,E,N", help="Degrees; W above E spans the antimeridian.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE.geojson", help="Write there instead of out.")] = None,
) -> None:
    """Write the links and lanes of a box as GeoJSON, with limits and lanes as properties."""
    try:
        box = Box.from_text(bbox)
    except ValueError as error:
        raise ConfigError(f"--bbox {bbox}: {error}") from None
    if box.west_e7 > box.east_e7:
        typer.echo("--bbox: W is above E, so the box spans the antimeridian", err=True)
    nothing_in = _write_features(directories, box, sys.stdout) if out is None else _write_file(directories, box, out)
    if nothing_in:
        typer.echo(not_covered(nothing_in), err=True)
        raise typer.Exit(NOTHING_FOUND)


def _write_file(directories: list[Path], box: Box, out: Path) -> list[str]:
    """Whole or not at all: beside its place first, and there only when it is complete."""
    place = out.resolve()
    special = place.exists() and not place.is_file()  # a pipe or a terminal; a directory is refused by `open`
    part = place if special else place.with_name(f".{place.name}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            nothing_in = _write_features(directories, box, file)
        if not special:
            part.replace(place)
    except OSError as error:
        raise ConfigError(f"--out {out}: cannot be written: {error.strerror}") from None
    finally:
        if not special:
            part.unlink(missing_ok=True)
    return nothing_in


def _write_features(directories: list[Path], box: Box, file: TextIO) -> list[str]:
    """The markets that were looked into, where nothing of them lies in the box."""
    with open_markets(directories) as store:
        file.write('{"type":"FeatureCollection","features":[')
        is_empty = True
        for count, feature in enumerate(features(store, box)):
            if count >= FEATURES_COUNT_MAX:
                raise ConfigError(f"--bbox holds more than {FEATURES_COUNT_MAX:,} features; choose a smaller box")
            file.write(",\n" if count else "\n")
            json.dump(feature, file, ensure_ascii=False, separators=(",", ":"))
            is_empty = False
        file.write("\n]}\n")
        return [manifest.market for manifest in store.manifests] if is_empty else []


def _table(manifest: Manifest) -> Table:
    title = f"{manifest.market}{' (synthetic: not a real place)' if manifest.synthetic else ''}"
    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    south, west, north, east = (x / 1e7 for x in manifest.bounds_e7)
    rows = {
        "release": manifest.release,
        "dataset": str(manifest.dataset_id),
        "build": manifest.build_id,
        "source": ", ".join(x.name for x in manifest.sources),
        "source time": manifest.source_time or "unknown",
        "licence": manifest.licence,
        "attribution": manifest.attribution,
        "driving side": manifest.driving_side,
        "west, south, east, north": f"{west:.4f}, {south:.4f}, {east:.4f}, {north:.4f}",
        "compression": f"{manifest.compression.codec} {manifest.compression.level}"
        f" (library {manifest.compression.library_version})",
    }
    for archive in manifest.archives:
        rows[f"layer {archive.layer.name}"] = f"{archive.tiles_count:,} tiles, {archive.size_bytes:,} bytes"
    for key, value in manifest.statistics.items():
        rows[key] = json.dumps(value, ensure_ascii=False)
    for key, value in rows.items():
        table.add_row(f"  {key}", value)
    return table
