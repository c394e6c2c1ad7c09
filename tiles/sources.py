"""The pinned sources of the sample tiles: what `sources.toml` names, fetched with pip, checked, taken out.

Knows nothing of how tiles are built.
"""

import hashlib
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

from mapprior.errors import SourceError

HERE = Path(__file__).resolve().parent
MEMBER_BYTES_MAX = 64 << 20


@dataclass(frozen=True, slots=True)
class PinnedSample:
    """A map extract inside a package archive."""

    market: str
    release: str
    requirement: str
    pip_options: tuple[str, ...]
    archive: str
    archive_sha256: str
    member: str
    member_sha256: str


@dataclass(frozen=True, slots=True)
class SyntheticSample:
    """A network drawn by a program of this folder; `file` is relative to it."""

    market: str
    release: str
    file: str
    licence: str


def read_sources() -> tuple[list[PinnedSample], list[SyntheticSample]]:
    """What `sources.toml` names."""
    table = tomllib.loads((HERE / "sources.toml").read_text(encoding="utf-8"))
    pinned = [PinnedSample(**row | {"pip_options": tuple(row["pip_options"])}) for row in table["sample"]]
    return pinned, [SyntheticSample(**row) for row in table["synthetic"]]


def fetch(sample: PinnedSample, *, cache: Path) -> Path:
    """The extract of a sample as a file under `cache`; SourceError where a checksum differs or pip fails.

    An archive that is already there and whole is not fetched again.
    """
    archive = cache / sample.archive
    if not archive.exists() or _sha256(archive) != sample.archive_sha256:
        _download(sample, cache)
    _check(archive, sample.archive_sha256)
    extract = cache / sample.market / Path(sample.member).name
    extract.parent.mkdir(parents=True, exist_ok=True)
    extract.write_bytes(_member(archive, sample.member))
    _check(extract, sample.member_sha256)
    return extract


def _download(sample: PinnedSample, cache: Path) -> None:
    """Through pip, so that whatever index, proxy or cache it is set up with is used; it checks the hash first."""
    cache.mkdir(parents=True, exist_ok=True)
    requirements = cache / f"{sample.market}.txt"
    requirements.write_text(f"{sample.requirement} --hash=sha256:{sample.archive_sha256}\n", encoding="utf-8")
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", *sample.pip_options]
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        *options,
        "--dest",
        str(cache),
        "--requirement",
        str(requirements),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise SourceError(f"pip could not fetch {sample.requirement}: {result.stderr.strip()[-500:]}")


def _member(archive: Path, name: str) -> bytes:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            if name not in wheel.namelist() or wheel.getinfo(name).file_size > MEMBER_BYTES_MAX:
                raise SourceError(f"{archive.name}: no member {name} of at most {MEMBER_BYTES_MAX} bytes")
            return wheel.read(name)
    with tarfile.open(archive) as tar:
        stream = tar.extractfile(name)
        if stream is None or tar.getmember(name).size > MEMBER_BYTES_MAX:
            raise SourceError(f"{archive.name}: no member {name} of at most {MEMBER_BYTES_MAX} bytes")
        return stream.read()


def _check(path: Path, sha256: str) -> None:
    seen = _sha256(path)
    if seen != sha256:
        raise SourceError(f"{path.name}: sha256 is {seen}, not {sha256} as pinned in tiles/sources.toml")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
