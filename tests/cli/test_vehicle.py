import pytest

from mapprior.cli.vehicle import driving_conditions, vehicle_profile
from mapprior.errors import ConfigError
from mapprior.model.pose import Condition, DrivingConditions, VehicleClass, VehicleProfile


def test_conditions_are_read_and_what_is_left_out_is_unknown():
    assert driving_conditions("wet=yes, snow=no") == DrivingConditions(wet=Condition.YES, snow=Condition.NO)
    assert driving_conditions("") == DrivingConditions()


@pytest.mark.parametrize("text", ["rain=yes", "wet", "wet=maybe", "wet=yes,wet=no"])
def test_conditions_that_are_not_understood_are_named(text):
    with pytest.raises(ConfigError, match="--conditions"):
        driving_conditions(text)


def test_a_profile_names_the_option_that_is_wrong():
    truck = vehicle_profile("truck", mass_kg=40_000, trailer=True)
    assert truck == VehicleProfile(VehicleClass.TRUCK, mass_max_kg=40_000, trailer=True)
    with pytest.raises(ConfigError, match="--vehicle 'lorry'"):
        vehicle_profile("lorry", mass_kg=0, trailer=False)
    with pytest.raises(ConfigError, match="--mass-kg -1"):
        vehicle_profile("car", mass_kg=-1, trailer=False)
