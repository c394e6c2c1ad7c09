"""`mapprior tiles`: what a release holds, whether it is whole, what it looks like on a map."""

import json
import sys
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.table import Table

from mapprior.cli.found import EXIT_CODES, NOTHING_FOUND, not_covered
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
    console = Console(highlight=False)
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
            f"{report.markets_count} markets, {report.archives_count} archives, {report.tiles_count:,} tiles, "
            f"{report.links_count:,} links: " + ("sound" if report.sound else f"{len(report.findings)} findings")
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
        raise ConfigError("--bbox: four numbers W,S,E,N in degrees are expected, S not above N") from error
    if out is None:
        _write_features(directories, box, sys.stdout)
    else:
        with out.open("w", encoding="utf-8") as file:
            _write_features(directories, box, file)


def _write_features(directories: list[Path], box: Box, file: TextIO) -> None:
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
        if is_empty:
            typer.echo(not_covered(manifest.market for manifest in store.manifests), err=True)
            raise typer.Exit(NOTHING_FOUND)


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
