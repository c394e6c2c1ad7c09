"""`mapprior serve`: options to settings, then the supervisor."""

import asyncio
import dataclasses
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from mapprior.errors import ConfigError
from mapprior.service.settings import Settings, TlsFiles, read_config
from mapprior.service.supervisor import Supervisor
from mapprior.service.tls import server_credentials


def serve(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="More of --tiles (directories) and --zones (files).", show_default=False)
    ] = None,
    tiles: Annotated[
        list[Path] | None, typer.Option(help="A market's tiles, or a directory of several markets. Repeatable.")
    ] = None,
    zones: Annotated[list[Path] | None, typer.Option(help="A WZDx 4.2 file of work zones. Repeatable.")] = None,
    listen: Annotated[
        list[str] | None, typer.Option(help="HOST:PORT (port 0: any free one) or unix:PATH. Repeatable.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that share the port, 1 or more; 1 unless said.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with [service], [tls] and [limits].")] = None,
    admin_listen: Annotated[
        str | None, typer.Option(help="Where zones are published: unix:PATH, or HOST:PORT with mutual TLS.")
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Plaintext beyond this machine.")] = False,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM certificate chain of the server.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM key of the server.")] = None,
    client_ca: Annotated[Path | None, typer.Option(help="PEM; vehicles must show a certificate of it.")] = None,
    admin_client_ca: Annotated[Path | None, typer.Option(help="PEM; publishers must show one of it.")] = None,
) -> None:
    """Serve tiles and work zones over gRPC, until SIGTERM or Ctrl-C; then drain."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    more = paths or []
    settings = _merged(
        Settings() if config is None else read_config(config),
        {
            "tiles": (tiles or []) + [p for p in more if not p.is_file()],
            "zones": (zones or []) + [p for p in more if p.is_file()],
            "listen": listen,
            "workers": workers,
            "admin_listen": admin_listen,
            "insecure": insecure,
        },
        {"certificate": tls_cert, "key": tls_key, "client_ca": client_ca, "admin_client_ca": admin_client_ca},
    )
    for client_ca in (settings.tls.client_ca, settings.tls.admin_client_ca):
        server_credentials(settings.tls, client_ca=client_ca)  # a file that is wrong is said here, not by each worker
    supervisor = Supervisor(settings, say=_say)
    asyncio.run(supervisor.run(_ready))


def _merged(base: Settings, given: dict[str, Any], tls: dict[str, Path | None]) -> Settings:
    """The file's settings with those of the command line over them."""
    files: TlsFiles = dataclasses.replace(base.tls, **{k: v for k, v in tls.items() if v is not None})
    over: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v
        for k, v in given.items()
        if v is not None and v is not False and v != []  # 0 workers is something said
    }
    if "workers" in over and over["workers"] < 1:
        raise ConfigError(f"workers {over['workers']}: at least 1")
    return dataclasses.replace(base, tls=files, **over)


def _ready(addresses: Sequence[str], admin_address: str) -> None:
    for address in addresses:
        _say(f"listening on {address}")
    if admin_address:
        _say(f"admin on {admin_address}")
    _say("ready")


def _say(line: str) -> None:
    """A line that whoever reads from a pipe sees at once."""
    print(line, flush=True)
