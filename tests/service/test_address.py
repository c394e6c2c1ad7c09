"""Listen addresses, and holding a port for workers that come and go."""

import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.errors import ConfigError
from mapprior.service.address import ListenAddress, PortHold, SocketFile, claim_unix, parse_address


@given(st.ip_addresses(), st.integers(0, 65535))
def test_text_and_address_are_one(ip: object, port: int) -> None:
    address = ListenAddress(str(ip), port)
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    ("text", "loopback"),
    [
        ("127.0.0.1:1", True),
        ("127.9.9.9:1", True),
        ("[::1]:1", True),
        ("localhost:1", True),
        ("unix:/tmp/x", True),
        ("0.0.0.0:1", False),
        ("[::]:1", False),
        ("192.168.0.1:1", False),
        ("localhost.example.org:1", False),
    ],
)
def test_loopback_is_this_machine_only(text: str, loopback: bool) -> None:
    assert parse_address(text).is_loopback is loopback


@pytest.mark.parametrize(
    "text", ["", "x", ":1", "host:", "host:65536", "host:-1", "host:x", "::1:1", "unix:", "host:١"]
)
def test_no_addresses(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_address(text)


def test_a_hold_lets_workers_share_its_port_and_nobody_else_hears_calls() -> None:
    hold = PortHold(parse_address("127.0.0.1:0"))
    with socket.socket() as worker, socket.socket() as client:
        worker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        worker.bind(("127.0.0.1", hold.address.port))
        worker.listen()
        client.connect(("127.0.0.1", hold.address.port))
        worker.accept()[0].close()
    hold.close()


def test_a_port_that_is_in_use_is_refused_although_it_could_be_shared() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ConfigError, match="in use"):
            PortHold(parse_address(f"127.0.0.1:{other.getsockname()[1]}"))


def test_a_dead_socket_file_is_replaced_and_a_live_one_is_not() -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "s"
        address = parse_address(f"unix:{path}")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
            server.listen()
            with pytest.raises(ConfigError, match="another program listens"):
                claim_unix(address)
        claim_unix(address)
        assert not path.exists()
        path.write_text("mine")
        with pytest.raises(ConfigError, match="no socket"):
            claim_unix(address)
        assert path.read_text() == "mine"


def test_a_socket_file_is_removed_by_who_made_it_alone() -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "s"
        address = parse_address(f"unix:{path}")
        with socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as second:
            first.bind(str(path))
            of_first = SocketFile(address)
            path.unlink()
            second.bind(str(path))
            of_second = SocketFile(address)
            of_first.remove()
            assert path.is_socket()
            of_second.remove()
            assert not path.exists()
            of_second.remove()
