"""What every proto must say: a unit for each number, an unspecified zero for each enum."""

import re
from pathlib import Path

import pytest

pytest.importorskip("grpc_tools", reason="grpcio-tools is not installed (extra `dev`)")

from tests.house.descriptors import PROTOS, Commented, elements, files

NOT_NUMERIC = {8, 9, 11, 12, 14}  # bool, string, message, bytes, enum in FieldDescriptorProto.Type
UNIT_LINE = re.compile(r"^ Unit: (\S.*)$", re.MULTILINE)
# What the end of a field's name promises about its unit.
UNIT_OF_SUFFIX = {
    "cm": r"cm",
    "m": r"m",
    "mm_per_sec": r"mm/s",
    "mps": r"m/s",
    "rad": r"rad",
    "mrad": r"mrad",
    "deg": r"deg",
    "e7": r"1e-7 deg",
    "us": r"us since 1970-01-01T00:00:00Z",
    "ms_max": r"ms",
    "kg": r"kg",
    "permille": r"1e-3 \(probability\)",
    "ppm": r"1e-6 \(probability\)",
    "milli": r"1e-3 (\w+|\(ratio\))",
    "e4": r"1e-4",
    "e6_per_m": r"1e-6 1/m",
    "mm_per_sec2": r"mm/s2",
    "count": r"1 \(count\)",
    "id": r"1 \(id\)",
    "ids": r"1 \(id\)",
    "bytes_max": r"bytes",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Commented]:
    descriptors = files(tmp_path_factory.mktemp("protos"))
    assert len(descriptors) == len(list(PROTOS.rglob("*.proto"))) > 5
    return [element for file in descriptors for element in elements(file)]


def test_every_numeric_field_states_its_unit(found: list[Commented]) -> None:
    numeric = [e for e in found if e.field is not None and e.field.type not in NOT_NUMERIC]
    assert len(numeric) > 50
    assert [e.name for e in numeric if not UNIT_LINE.search(e.comment)] == []


def test_the_stated_unit_is_the_one_in_the_name(found: list[Commented]) -> None:
    wrong = []
    for element in found:
        stated = UNIT_LINE.search(element.comment)
        if element.field is None or stated is None:
            continue
        for suffix, unit in UNIT_OF_SUFFIX.items():
            if element.field.name.endswith(f"_{suffix}") and not re.fullmatch(unit, stated[1]):
                longer = any(
                    len(other) > len(suffix) and element.field.name.endswith(f"_{other}") for other in UNIT_OF_SUFFIX
                )
                if not longer:
                    wrong.append(f"{element.name}: {stated[1]}")
    assert wrong == []


def test_every_enum_begins_with_a_prefixed_unspecified(found: list[Commented]) -> None:
    wrong = []
    for element in found:
        if element.enum is None:
            continue
        prefix = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", element.enum.name).upper() + "_"
        zero = element.enum.value[0]
        if (zero.name, zero.number) != (f"{prefix}UNSPECIFIED", 0):
            wrong.append(f"{element.name}: {zero.name} = {zero.number}")
        wrong += [f"{element.name}: {v.name}" for v in element.enum.value if not v.name.startswith(prefix)]
    assert wrong == []


def test_package_is_the_folder_and_ends_with_a_version(tmp_path: Path) -> None:
    for file in files(tmp_path):
        assert file.package == str(Path(file.name).parent).replace("/", "."), file.name
        assert re.search(r"\.v[1-9][0-9]*$", file.package), file.name
