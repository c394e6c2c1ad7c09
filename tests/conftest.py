"""One hypothesis profile for all: machines that run tests are shared, so no example has a deadline."""

from hypothesis import settings

settings.register_profile("mapprior", deadline=None)
settings.load_profile("mapprior")
