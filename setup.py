"""Everything about the package is in pyproject.toml; this only compiles the hot rooms where that is asked for.

    MAPPRIOR_COMPILE=1 pip install --no-build-isolation .

makes C extensions of these modules with mypyc (needs a C compiler, setuptools and mypy in the environment). The
Python files remain the only source, and everything runs without: compiled, a vehicle costs about half.
"""

import os
from pathlib import Path

from setuptools import setup

# What a pose passes through. Compiled, an annotation that is not true is an error where the value is handed over.
ROOMS = ("geo", "model", "match", "horizon", "wire")
# and what carries it from gRPC's core to these rooms and back
CARRIERS = (
    "runtime/allowance",
    "runtime/clock",
    "runtime/drive",
    "runtime/pace",
    "runtime/service_health",
    "service/call",
)


def compiled() -> list[object]:
    if os.environ.get("MAPPRIOR_COMPILE", "0") in ("", "0"):
        return []
    from mypyc.build import mypycify

    here = Path(__file__).parent
    files = [str(x.relative_to(here)) for room in ROOMS for x in sorted((here / "mapprior" / room).glob("*.py"))]
    files += ["mapprior/errors.py", *(f"mapprior/{x}.py" for x in CARRIERS)]
    return list(mypycify(files, opt_level=os.environ.get("MYPYC_OPT_LEVEL", "3")))


setup(ext_modules=compiled())
