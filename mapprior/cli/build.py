"""`mapprior build`: a map source to the tiles of a market."""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from mapprior.build.disagreements import DisagreementBook
from mapprior.build.known import UNKNOWN, KnownLimits
from mapprior.build.pipeline import build_market
from mapprior.build.refusals import RefusalBook
from mapprior.build.report import BuildReport
from mapprior.build.request import BuildRequest
from mapprior.build.writable import check_file
from mapprior.errors import ConfigError
from mapprior.model.provenance import Layer

TABLE_WIDTH_MIN = 120  # letters


def build(
    market: Annotated[str, typer.Option(metavar="CC", help="ISO 3166-1 alpha-2 code of the country.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The tiles go into DIR/CC.")],
    sources: Annotated[
        list[Path] | None, typer.Argument(metavar="SOURCE...", help=".osm.pbf, .osm, .osm.gz or .osm.bz2")
    ] = None,
    place: Annotated[str, typer.Option(help='A named place instead of files, "Helsinki, Finland".')] = "",
    layers: Annotated[str, typer.Option(help="Layers to build: L0, and any of L1 and L2.")] = "L0,L1,L2",
    area: Annotated[
        Path | None, typer.Option(metavar="FILE.geojson", help="Cut roads at these polygons; outside is left out.")
    ] = None,
    elevation: Annotated[
        Path | None,
        typer.Option(metavar="FILE.tif", help="GeoTIFF elevation model: gives every road height and slope."),
    ] = None,
    elevation_sigma_m: Annotated[
        float | None,
        typer.Option(
            metavar="M",
            help="How accurate its heights are, as one standard deviation in metres: against `incline` tags the surer "
            "serves. If left out 5 is assumed, and what it gives is marked as inferred.",
        ),
    ] = None,
    release: Annotated[str, typer.Option(metavar="NAME", help="Name of the release; the source's date if empty.")] = "",
    region: Annotated[
        str, typer.Option(metavar="CC-REGION", help="ISO 3166-2 code of the region that all of the source lies in.")
    ] = "",
    report: Annotated[Path | None, typer.Option(metavar="FILE.json", help="Write the full report there.")] = None,
    dataset: Annotated[int, typer.Option(metavar="N", help="0 to 63: tells data sets of one market apart.")] = 0,
) -> None:
    """Make layered tiles of a market from a map extract."""
    request = BuildRequest(
        market=market,
        out_dir=out / market,
        sources=tuple(sources or ()),
        place=place,
        layers=_layers(layers),
        area=area,
        elevation=elevation,
        elevation_sigma_m=elevation_sigma_m,
        release=release,
        dataset=dataset,
        region=region,
    )
    if report is not None:
        check_file(report, "--report")
    console = Console(stderr=True, markup=False)  # names and releases may hold brackets
    with _ProgressBar(console) as bar:
        built = build_market(request, bar.show)
    if report is not None:
        built.write(report)
    _summarise(console, built)


def _layers(text: str) -> frozenset[Layer]:
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in Layer.__members__]
    if unknown:
        raise ConfigError(f"--layers {text}: {unknown[0]!r} is no layer; give L0, and any of L1 and L2")
    return frozenset(Layer[name] for name in names)


class _ProgressBar(AbstractContextManager["_ProgressBar"]):
    """One line per step of the build; silent where the output is no terminal."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description:8}"), BarColumn(), TextColumn("{task.completed:,.0f}"))
        self._progress = Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal)
        self._step = ""
        self._task: TaskID | None = None

    def show(self, step: str, done: int, total: int) -> None:
        """Moves the bar of the step; a new step ends the one before."""
        if step != self._step:
            self._finish()
            self._step, self._task = step, self._progress.add_task(step, total=total or None)
        if self._task is not None:
            self._progress.update(self._task, completed=done)

    def __enter__(self) -> "_ProgressBar":
        self._progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._finish()
        self._progress.stop()

    def _finish(self) -> None:
        if self._task is not None:
            total = self._progress.tasks[self._task].total
            done = self._progress.tasks[self._task].completed if total is None else total
            self._progress.update(self._task, total=done or 1, completed=done or 1)


def _summarise(console: Console, report: BuildReport) -> None:
    counts, known = report.counts, report.known
    archives = ", ".join(f"{layer} {size / 1e6:.2f} MB" for layer, size in report.archives_bytes.items())
    console.print(
        f"{report.market}: {counts['roads_km']:,.1f} km of road in {counts['links']:,} links and {counts['tiles']:,} "
        f"tiles; limits on {counts['links_with_limits']:,}, lanes on {counts['links_with_lanes']:,} links; "
        f"{counts['restrictions']:,} turn restrictions",
        f"{archives} in {report.out_dir}, release {report.release}, build {report.build_id}",
        f"{report.duration_sec:.1f} s, {report.peak_memory_bytes / 1e6:.0f} MB at most",
        *_profile_lines(report),
        f"limit known on {_percent(known.share(known.tagged_km))} of the road by tags, "
        f"on {_percent(known.share(known.with_law_km))} with law",
        *(Text(note, style="yellow") for note in report.notes),
        sep="\n",
        highlight=False,
        soft_wrap=True,
    )
    if known.with_law_km:
        # Wider than a narrow terminal rather than with its words cut off.
        wide = Console(stderr=True, markup=False, width=max(console.width, TABLE_WIDTH_MIN))
        wide.print(_known_table(known), highlight=False)
    if report.profiles.carriageway_km:
        console.print(_carriageway_table(report.profiles.carriageway_km), highlight=False)
    for title, book in (("not used", report.refusals), ("limits in doubt", report.doubts)):
        if book.by_reason:
            console.print(_elements_table(title, book), highlight=False)
    if report.disagreements.by_subject:
        console.print(_disagreements_table(report.disagreements), highlight=False)


def _profile_lines(report: BuildReport) -> list[str]:
    """What stands along the roads, in order of its number, and how many have a height; nothing without layer L1."""
    if not report.profiles.carriageway_km:
        return []
    kinds = {kind: count for kind, count in report.profiles.features.items() if " " not in kind}
    ordered = sorted(kinds.items(), key=lambda x: (-x[1], x[0]))
    along = ", ".join(f"{count:,} {kind.lower().replace('_', ' ')}" for kind, count in ordered)
    return [f"along the roads: {along or 'nothing tagged'}", _elevation_line(report.counts), *_model_lines(report)]


def _elevation_line(counts: Mapping[str, int | float]) -> str:
    """Also where there is none: tags may give some, a model may lie elsewhere."""
    said = f"elevation or slope on {counts['links_with_elevation']:,} of {counts['links']:,} links"
    modelled = counts.get("links_with_modelled_elevation")
    return (
        said if modelled is None else f"{said}; elevation model: heights on {modelled:,} of {counts['links']:,} links"
    )


def _model_lines(report: BuildReport) -> list[str]:
    """What became of tags where the model knows the ground; nothing where no road has both."""
    x = report.elevation_model
    if not x or not (x["tagged_slopes_served"] or x["tagged_slopes_outweighed"]):
        return []
    return [
        f"slopes by tag and model: {x['tagged_slopes_served']:,} roads as tagged, "
        f"{x['tagged_slopes_outweighed']:,} by the model, which is surer there"
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _known_table(known: KnownLimits) -> Table:
    """Kilometres by road type and basis; of what the law adds, `by tags` is what it adds to."""
    bases = sorted({basis for of_type in known.with_law_km.values() for basis in of_type})
    table = Table("road type", "km", "by tags", *(x.replace("_", " ") for x in bases), box=None, pad_edge=False)
    for road_type, of_type in sorted(known.with_law_km.items()):
        tagged = known.tagged_km[road_type]
        numbers = [sum(of_type.values()), sum(tagged.values()) - tagged.get(UNKNOWN, 0.0)]
        cells = [f"{km:,.1f}" if km else "" for km in (*numbers, *(of_type.get(basis, 0.0) for basis in bases))]
        table.add_row(road_type, *cells)
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _carriageway_table(carriageway_km: Mapping[str, Mapping[str, float]]) -> Table:
    """Kilometres of links by basis of each value."""
    table = Table("carriageway", "known km", "unknown km", "by basis", box=None, pad_edge=False)
    for name, of_value in carriageway_km.items():
        by_basis: dict[str, float] = defaultdict(float)
        for words, km in of_value.items():
            by_basis[words.rpartition(" ")[2]] += km
        unknown_km = by_basis.pop("unknown", 0.0)
        bases = ", ".join(f"{basis.replace('_', ' ')} {km:,.1f}" for basis, km in sorted(by_basis.items()))
        table.add_row(name.replace("_", " "), f"{sum(by_basis.values()):,.1f}", f"{unknown_km:,.1f}", bases)
    for column in table.columns[1:3]:
        column.justify = "right"
    return table


def _elements_table(title: str, book: RefusalBook) -> Table:
    table = Table(title, "count", "for example", box=None, pad_edge=False)
    for reason, refusals in sorted(book.by_reason.items()):
        first = min(refusals, key=lambda r: (len(r.element), r.element))
        table.add_row(reason, str(len(refusals)), f"{first.element} {first.detail}")
    return table


def _disagreements_table(book: DisagreementBook) -> Table:
    table = Table("sources disagree on", "count", "the worst", box=None, pad_edge=False)
    for subject, of_subject in sorted(book.by_subject.items()):
        worst = book.worst(subject)[0]
        table.add_row(subject, str(len(of_subject)), Text(f"{worst.element} {worst.detail}"))
    return table
