"""The words of `--layers` and `--profiles`."""

import pytest

from mapprior.cli.profiles import named_layers, subscriptions
from mapprior.errors import ConfigError
from mapprior.horizon.events import ProfileSubscription
from mapprior.model.provenance import Layer, ProfileGroup


def test_profiles_with_reach_rate_and_root() -> None:
    assert subscriptions("road, lane:500,curvature:2000:1000:root,limit:root") == (
        ProfileSubscription(ProfileGroup.ROAD),
        ProfileSubscription(ProfileGroup.LANE, length_m=500),
        ProfileSubscription(ProfileGroup.CURVATURE, length_m=2000, interval_ms_min=1000, root_only=True),
        ProfileSubscription(ProfileGroup.LIMIT, root_only=True),
    )
    assert subscriptions("") == ()


@pytest.mark.parametrize(
    "text", ("roads", "road:", "road:-1", "road:1:2:3", "road:root:1", "road:20001", "road:1:60001", "road,road:5")
)
def test_what_is_not_understood_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match="--profiles"):
        subscriptions(text)


def test_layers() -> None:
    assert named_layers("L0, L1") == {Layer.L0, Layer.L1}
    assert named_layers("") == frozenset()
    with pytest.raises(ConfigError, match="allowed: L0, L1, L2"):
        named_layers("L0,L9")
