"""The protos as protoc reads them, with the comment that stands above each element."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from grpc_tools import protoc

from tests.house import ROOT

PROTOS = ROOT / "protos"
_MESSAGE_IN_FILE, _ENUM_IN_FILE, _FIELD, _NESTED_MESSAGE, _NESTED_ENUM = 4, 5, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Commented:
    """A field or enum, where it stands and what is written above it."""

    name: str
    comment: str
    field: FieldDescriptorProto | None = None
    enum: EnumDescriptorProto | None = None


def files(out: Path) -> list[FileDescriptorProto]:
    """Every proto of the project, read by protoc; `out` is a folder to work in."""
    target = out / "descriptors.binpb"
    sources = [str(path) for path in sorted(PROTOS.rglob("*.proto"))]
    code = protoc.main(["protoc", f"-I{PROTOS}", "--include_source_info", f"--descriptor_set_out={target}", *sources])
    assert code == 0, "protoc refused the protos"
    return list(FileDescriptorSet.FromString(target.read_bytes()).file)


def elements(file: FileDescriptorProto) -> Iterator[Commented]:
    """Every field and enum of a file, nested ones included."""
    comments = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}
    for index, enum in enumerate(file.enum_type):
        path = (_ENUM_IN_FILE, index)
        yield Commented(f"{file.name}: {enum.name}", comments.get(path, ""), enum=enum)
    for index, message in enumerate(file.message_type):
        yield from _of_message(file.name, message, (_MESSAGE_IN_FILE, index), comments)


def _of_message(
    file_name: str, message: DescriptorProto, path: tuple[int, ...], comments: dict[tuple[int, ...], str]
) -> Iterator[Commented]:
    for index, field in enumerate(message.field):
        comment = comments.get((*path, _FIELD, index), "")
        yield Commented(f"{file_name}: {message.name}.{field.name}", comment, field=field)
    for index, enum in enumerate(message.enum_type):
        comment = comments.get((*path, _NESTED_ENUM, index), "")
        yield Commented(f"{file_name}: {message.name}.{enum.name}", comment, enum=enum)
    for index, nested in enumerate(message.nested_type):
        yield from _of_message(file_name, nested, (*path, _NESTED_MESSAGE, index), comments)
