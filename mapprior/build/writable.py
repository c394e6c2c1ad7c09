"""Whether a place can be written to, asked before the work whose result is to go there."""

import os
import tempfile
from pathlib import Path

from mapprior.errors import ConfigError


def check_directory(path: Path, what: str) -> None:
    """ConfigError where no directory `path` is, or can be made, that files can be written in. Makes none."""
    existing = path
    while not os.path.lexists(existing) and existing != existing.parent:
        existing = existing.parent
    _try(existing, f"{what} {path}")


def check_file(path: Path, what: str) -> None:
    """ConfigError where `path` cannot be written as a file. Its directory must be there."""
    if path.is_dir():
        raise ConfigError(f"{what} {path}: is a directory, not a file")
    if path.exists() and not os.access(path, os.W_OK):
        raise ConfigError(f"{what} {path}: may not be written")
    if not path.exists() or path.is_file():  # anything else, a pipe or /dev/stdout, is opened as it is
        _try(path.parent, f"{what} {path}")


def _try(directory: Path, said: str) -> None:
    """By writing: permissions say nothing of a file system that is read-only."""
    if not directory.is_dir():
        raise ConfigError(f"{said}: {directory} is no directory")
    try:
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise ConfigError(f"{said}: nothing can be written in {directory}: {error.strerror}") from None
