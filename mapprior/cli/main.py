"""`mapprior`: joins the sub-commands; loads only the one that runs.

Knows no command's options. An error of ours is one line and an exit code, never a traceback: 2 where the command
must be mended (MENDED_BY_CALLER), 1 otherwise. The whole rule of exit codes: `found.py`.
"""

import importlib
from typing import Any, Final

import typer

from mapprior.cli.found import EXIT_CODES
from mapprior.errors import ConfigError, FeedError, MapPriorError, RequestError, SourceError, TilePathError

# name: (module of mapprior.cli, what it exports, one line for the help)
COMMANDS: Final = {
    "build": ("build", "build", "Make layered tiles of a market from a map extract."),
    "serve": ("serve", "serve", "Serve tiles and work zones over gRPC."),
    "drive": ("drive", "drive", "Drive a trace or a route against a server and watch the horizon."),
    "horizon": ("horizon", "horizon", "Answer once what lies ahead of a place, without a server."),
    "match": ("match", "match", "Match a recorded trace to the roads."),
    "tiles": ("tiles", "tiles_app", "Look into tiles, verify them, show them as GeoJSON."),
    "demo": ("demo", "demo", "Drive the sample tiles: Monaco's tunnels, then the synthetic motorway."),
}
# A bad option, a missing extra, or a file or directory that is not what the command takes it for.
MENDED_BY_CALLER: Final = (ConfigError, RequestError, SourceError, FeedError, TilePathError)
EXTRA_OF_MODULE: Final = {"osmium": "build", "osmnx": "build", "pydantic": "live"}


class LazyCommands(typer.core.TyperGroup):
    """The group of sub-commands; imports a command's module when the command is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command of that name, None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = _load(cmd_name)
        return self.commands[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """The help's list, from the table: asking each command would import them all."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, _, summary) in COMMANDS.items()])

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except MapPriorError as error:
            _say(str(error))
            raise typer.Exit(2 if isinstance(error, MENDED_BY_CALLER) else 1) from None
        except ModuleNotFoundError as error:
            extra = EXTRA_OF_MODULE.get((error.name or "").partition(".")[0])
            if extra is None:
                raise
            _say(f"{error.name} is not installed: pip install 'mapprior[{extra}]'")
            raise typer.Exit(2) from None


def _load(name: str) -> Any:
    module_name, exported, summary = COMMANDS[name]
    command = getattr(importlib.import_module(f"mapprior.cli.{module_name}"), exported)
    joined = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    if isinstance(command, typer.Typer):
        joined.add_typer(command, name=name, help=summary)
        return typer.main.get_group(joined).commands[name]
    joined.command(name, epilog=EXIT_CODES)(command)
    return typer.main.get_command(joined)


def _say(message: str) -> None:
    typer.echo("error: " + " ".join(message.split()), err=True)


app = typer.Typer(
    cls=LazyCommands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a rich traceback would print local variables, and with them positions
    rich_markup_mode=None,
)


@app.callback(epilog=EXIT_CODES)
def mapprior() -> None:
    """mapprior: an open electronic horizon provider. Tells a vehicle what road lies ahead of it."""


if __name__ == "__main__":
    app(prog_name="mapprior")
