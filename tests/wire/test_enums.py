"""One number, one meaning: the model's enums are those of `mapprior.v1`, name by name."""

from enum import IntEnum

import pytest
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from mapprior.horizon import items
from mapprior.model import lane, limit, link, pose, provenance, work_zone
from mapprior.v1 import drive_pb2, horizon_pb2, lane_pb2, limit_pb2, provenance_pb2, road_pb2, work_zone_pb2

PROTOS = (drive_pb2, horizon_pb2, lane_pb2, limit_pb2, provenance_pb2, road_pb2, work_zone_pb2)
MODELS = (items, lane, limit, link, pose, provenance, work_zone)


def proto_enums() -> dict[str, EnumTypeWrapper]:
    return {name: getattr(file, name) for file in PROTOS for name in file.DESCRIPTOR.enum_types_by_name}


def model_enums() -> dict[str, type[IntEnum]]:
    return {
        name: value
        for module in MODELS
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, IntEnum) and value.__module__.startswith("mapprior.")
    }


def prefix(name: str) -> str:
    """`LimitKind` is written `LIMIT_KIND_` in front of every value."""
    return "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(name)).upper() + "_"


def test_every_enum_of_the_protos_has_one_in_the_model() -> None:
    assert sorted(proto_enums()) == sorted(model_enums())


@pytest.mark.parametrize("name", sorted(proto_enums()))
def test_names_and_numbers_are_the_same(name: str) -> None:
    wire = {key.removeprefix(prefix(name)): number for key, number in proto_enums()[name].items() if number}
    model = {member.name: member.value for member in model_enums()[name] if member.value}
    assert model == wire
