"""One hypothesis profile for all: machines that run tests are shared, so no example has a deadline.

Where the environment says MAPPRIOR_COMPILED=1, what is tested must be compiled: no run may pass on the wrong code.
"""

import os

import pytest
from hypothesis import settings

from mapprior.match import running

settings.register_profile("mapprior", deadline=None)
settings.load_profile("mapprior")


def pytest_configure() -> None:
    compiled = running.__file__.endswith((".so", ".pyd"))
    if compiled != (os.environ.get("MAPPRIOR_COMPILED", "0") == "1"):
        raise pytest.UsageError(f"compiled: {compiled}, and MAPPRIOR_COMPILED says otherwise ({running.__file__})")
