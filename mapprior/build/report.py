"""What a build did: counts, known limits, refusals and doubts by reason with element ids, time and peak memory."""

import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mapprior.build.disagreements import DisagreementBook
from mapprior.build.known import KnownLimits
from mapprior.build.profile_counts import ProfileCounts
from mapprior.build.refusals import RefusalBook
from mapprior.build.source import SourceInfo
from mapprior.errors import ConfigError


@dataclass(slots=True)
class BuildReport:
    """Everything but `steps_sec` and `peak_memory_bytes` is the same for the same input."""

    market: str
    dataset_id: int
    release: str = ""
    build_id: str = ""
    out_dir: str = ""
    sources: Sequence[SourceInfo] = ()
    counts: dict[str, int | float] = field(default_factory=dict)
    profiles: ProfileCounts = field(default_factory=ProfileCounts)
    elevation_model: dict[str, str | int | float | bool] = field(default_factory=dict)  # empty without one
    archives_bytes: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # what whoever builds should know before the tiles are used
    refusals: RefusalBook = field(default_factory=RefusalBook)
    known: KnownLimits = field(default_factory=KnownLimits)
    settings: Counter[str] = field(default_factory=Counter)  # roads by what says whether they are built-up
    doubts: RefusalBook = field(default_factory=RefusalBook)  # limits that contradict their surroundings
    disagreements: DisagreementBook = field(default_factory=DisagreementBook)  # two sources of one value
    steps_sec: dict[str, float] = field(default_factory=dict)
    peak_memory_bytes: int = 0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Times a step."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.steps_sec[name] = self.steps_sec.get(name, 0.0) + time.perf_counter() - start

    @property
    def duration_sec(self) -> float:
        return sum(self.steps_sec.values())

    def as_json(self) -> dict[str, object]:
        return {
            "market": self.market,
            "dataset_id": self.dataset_id,
            "release": self.release,
            "build_id": self.build_id,
            "out_dir": self.out_dir,
            "sources": [
                {"name": s.name, "size_bytes": s.size_bytes, "sha256": s.sha256, "time": s.time} for s in self.sources
            ],
            "counts": self.counts,
            "profiles": self.profiles.as_json(),
            "elevation_model": self.elevation_model or None,
            "archives_bytes": self.archives_bytes,
            **self.refusals.as_json(),
            "notes": list(self.notes),
            "known_limits": self.known.as_json(),
            "built_up": dict(sorted(self.settings.items())),
            "doubted_limits": self.doubts.as_json()["refusals"],
            "disagreements": self.disagreements.as_json(),
            "duration_sec": round(self.duration_sec, 3),
            "steps_sec": {name: round(sec, 3) for name, sec in self.steps_sec.items()},
            "peak_memory_bytes": self.peak_memory_bytes,
        }

    def write(self, path: Path) -> None:
        """ConfigError where the file cannot be written."""
        try:
            path.write_text(json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{path}: the report cannot be written: {error.strerror or error}") from error


def peak_memory_bytes() -> int:
    """Largest resident size of this process so far; Linux counts in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
