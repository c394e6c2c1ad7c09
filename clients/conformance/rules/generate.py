"""Makes the vectors anew and compares them with those that are committed; `--write` replaces them.

python -m clients.conformance.rules.generate [--write]
"""

import sys
from pathlib import Path

from clients.conformance.rules.streams import STREAMS

VECTORS = Path(__file__).parent / "vectors"


def made() -> dict[str, bytes]:
    """Every file of the vectors by name."""
    files: dict[str, bytes] = {}
    for stream in STREAMS:
        script = stream()
        files[f"{stream.__name__}.bin"] = script.binary()
        files[f"{stream.__name__}.json"] = script.text().encode()
    return files


def committed() -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(VECTORS.glob("*"))}


def main(write: bool) -> int:
    new, old = made(), committed()
    changed = sorted(name for name in new.keys() | old.keys() if new.get(name) != old.get(name))
    for name in changed:
        print(name, "differs" if name in new and name in old else "is new" if name in new else "is gone")
        if write:
            if name in new:
                VECTORS.mkdir(exist_ok=True)
                (VECTORS / name).write_bytes(new[name])
            else:
                (VECTORS / name).unlink()
    print(f"{len(new)} files, {len(changed)} changed{', written' if write and changed else ''}")
    return 1 if changed and not write else 0


if __name__ == "__main__":
    sys.exit(main("--write" in sys.argv[1:]))
