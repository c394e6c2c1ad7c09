"""Settings: what can be asked for, and what is refused before anything listens."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from grpc._cython import cygrpc

from mapprior.client import channel
from mapprior.errors import ConfigError
from mapprior.service.server import HANDSHAKE_MS_MAX, KEEPALIVE_TIMEOUT_MS, grpc_options
from mapprior.service.settings import Limits, Settings, TlsFiles, read_config

TILES = (Path("tiles"),)
TLS = TlsFiles(certificate=Path("a.pem"), key=Path("a.key"))


def test_a_config_file_says_what_the_command_line_could(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(
        """
        [service]
        tiles = ["FI", "MC"]
        listen = "0.0.0.0:50051"
        workers = 3
        admin_listen = "unix:/run/x.sock"
        [tls]
        certificate = "c.pem"
        key = "k.pem"
        [limits]
        streams_max = 7
        """
    )
    settings = read_config(path).checked()
    assert settings.tiles == (tmp_path / "FI", tmp_path / "MC")
    assert settings.listen == ("0.0.0.0:50051",) and settings.workers == 3
    assert settings.tls.key == tmp_path / "k.pem"
    assert settings.limits == replace(Limits(), streams_max=7)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[service]\nworkers = 'two'", "service.workers must be of type int"),
        ("[service]\nworkers = true", "service.workers must be of type int"),
        ("[service]\nworker = 2", "unknown key service.worker; there are tiles"),
        ("[limits]\nstreams_max = 0", "limits.streams_max must be at least 1"),
        ("[limit]\n", "unknown table [limit]"),
        ("[service]\nlimits = 3", "unknown key service.limits"),
        ("service = 3", "service must be a table"),
        ("[", "not TOML"),
    ],
)
def test_a_wrong_config_file_names_file_and_key(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(says)) as caught:
        read_config(path)
    assert "c.toml" in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [
        Settings(tiles=TILES),
        Settings(tiles=TILES, listen=("[::1]:0", "localhost:0"), workers=4),
        Settings(tiles=TILES, listen=("0.0.0.0:0",), insecure=True),
        Settings(tiles=TILES, listen=("0.0.0.0:0",), tls=TLS),
        Settings(tiles=TILES, listen=("unix:/tmp/x.sock",), admin_listen="unix:/tmp/y.sock"),
        Settings(tiles=TILES, admin_listen="0.0.0.0:7", tls=replace(TLS, admin_client_ca=Path("ca.pem"))),
    ],
)
def test_accepted(settings: Settings) -> None:
    assert settings.checked() is settings


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (Settings(), "no tiles"),
        (Settings(tiles=TILES, workers=0), "workers 0 is outside 1"),
        (Settings(tiles=TILES, listen=()), "no address"),
        (Settings(tiles=TILES, listen=("0.0.0.0:1",)), "unencrypted"),
        (Settings(tiles=TILES, listen=("10.0.0.1:1",)), "unencrypted"),
        (Settings(tiles=TILES, listen=("example.org:1",)), "unencrypted"),
        (Settings(tiles=TILES, listen=("unix:/tmp/x",), workers=2), "takes one worker"),
        (Settings(tiles=TILES, tls=TlsFiles(certificate=Path("a"))), "go together"),
        (Settings(tiles=TILES, tls=TlsFiles(client_ca=Path("a"))), "needs the server's own"),
        (Settings(tiles=TILES, admin_listen="127.0.0.1:7"), "brake cars"),
        # the vehicles' CA does not make a publisher
        (Settings(tiles=TILES, admin_listen="127.0.0.1:7", tls=replace(TLS, client_ca=Path("ca"))), "brake cars"),
        (Settings(tiles=TILES, admin_listen="127.0.0.1:7", insecure=True), "brake cars"),
        (Settings(tiles=TILES, listen=("unix:/tmp/x",), admin_listen="unix:/tmp/x"), "vehicles use"),
    ],
)
def test_refused(settings: Settings, says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        settings.checked()


def test_every_limit_says_its_unit() -> None:
    for field in fields(Limits):
        assert re.search(
            r"_(ms|bytes|m|count|per_sec|at_once|waiting|streams|watches)_max$|_lag_ms$|^(streams|watches)_max$",
            field.name,
        )


def test_a_peer_that_does_not_answer_is_gone_within_the_keepalive() -> None:
    """gRPC waits a minute for the answer to a ping, or for settings, where it is not told otherwise (measured)."""
    options = dict(grpc_options(Limits(), share_port=False))
    assert options["grpc.http2.ping_timeout_ms"] == options["grpc.keepalive_timeout_ms"] == KEEPALIVE_TIMEOUT_MS
    assert options["grpc.http2.settings_timeout"] == options["grpc.server_handshake_timeout_ms"] == HANDSHAKE_MS_MAX
    assert options["grpc.max_connection_idle_ms"]


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (Limits(message_bytes_max=10**14), "message_bytes_max 100000000000000 is more than 1073741823"),
        (Limits(streams_max=2**31), "streams_max"),
        (Limits(stream_message_bytes_max=100, message_bytes_max=99), "stream_message_bytes_max 100 is more than"),
        (Limits(refuse_lag_ms=61), "refuse_lag_ms 61 is more than thin_lag_ms 60"),
    ],
)
def test_limits_that_cannot_hold_are_refused_before_a_worker_dies_of_them(limits: Limits, says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        Settings(tiles=TILES, limits=limits).checked()
    Settings(tiles=TILES, limits=Limits(tiles_cached_bytes_max=64 << 30)).checked()


def test_a_client_asks_whether_somebody_is_there_and_no_oftener_than_a_server_takes() -> None:
    """A line that went dead is noticed by both ends; a server closes on who pings too often."""
    client, server = dict(channel.OPTIONS), dict(grpc_options(Limits(), share_port=False))
    assert client["grpc.http2.ping_timeout_ms"] == client["grpc.keepalive_timeout_ms"]
    assert client["grpc.keepalive_time_ms"] > server["grpc.http2.min_ping_interval_without_data_ms"]


def test_grpc_knows_every_option_it_is_given() -> None:
    """It says nothing of one that it does not know, and goes on without."""
    library = Path(cygrpc.__file__).read_bytes()
    for name, _ in (*grpc_options(Limits(), share_port=False), *channel.OPTIONS):
        assert name.encode() + b"\0" in library, name
