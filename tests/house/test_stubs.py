"""The committed stubs are what the pinned protoc makes of the protos."""

from pathlib import Path

import pytest

from tests.house import ROOT

pytest.importorskip("grpc_tools", reason="grpcio-tools is not installed (extra `dev`)")


def test_generated_stubs_are_in_step_with_the_protos(tmp_path: Path) -> None:
    from grpc_tools import protoc

    protos = ROOT / "protos"
    sources = sorted(str(path) for path in protos.rglob("*.proto"))
    services = [source for source in sources if source.endswith("_service.proto")]
    assert protoc.main(["", f"-I{protos}", f"--python_out={tmp_path}", f"--pyi_out={tmp_path}", *sources]) == 0
    assert protoc.main(["", f"-I{protos}", f"--grpc_python_out={tmp_path}", *services]) == 0
    made = {path.name: path.read_bytes() for path in (tmp_path / "mapprior" / "v1").iterdir()}
    held = {path.name: path.read_bytes() for path in (ROOT / "mapprior" / "v1").glob("*_pb2*.py*")}
    assert sorted(made) == sorted(held), "run `make protos`"
    assert [name for name in made if made[name] != held[name]] == [], "run `make protos`"
