"""A table read from TOML or JSON, asked for one key at a time: whatever is not as asked is an error that says where."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from mapprior.errors import ConfigError

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class StrictTable:
    """A table of the file and where it lies, for errors that can be acted on."""

    data: Mapping[str, Any]
    file: str
    path: str

    def error(self, key: str, allowed: str) -> ConfigError:
        seen = f" is {self.data[key]!r}" if key in self.data else " is missing"
        return ConfigError(f"market pack {self.file}: {self.path}{key}{seen}; {allowed}")

    def only(self, keys: tuple[str, ...] | frozenset[str]) -> None:
        for key in self.data:
            if key not in keys:
                raise ConfigError(
                    f"market pack {self.file}: {self.path}{key} is not known; allowed: {', '.join(sorted(keys))}"
                )

    def get(self, key: str, kind: type[_T]) -> _T:
        value = self.data.get(key)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.error(key, f"allowed: {kind.__name__}")
        return value

    def text(self, key: str, form: re.Pattern[str] | None = None) -> str:
        """Text that is not empty."""
        value = self.get(key, str)
        if not value.strip() or (form is not None and not form.fullmatch(value)):
            raise self.error(key, f"allowed: {form.pattern if form else 'text that is not empty'}")
        return value

    def choice(self, key: str, allowed: tuple[str, ...]) -> str:
        value = self.get(key, str)
        if value not in allowed:
            raise self.error(key, f"allowed: {', '.join(allowed)}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.get(key, list)
        if not all(isinstance(x, str) and x for x in values) or len(set(values)) != len(values):
            raise self.error(key, "allowed: a list of texts, each once")
        return tuple(values)

    def date(self, key: str) -> dt.date:
        """A day, as TOML has it or as ISO text."""
        value = self.data.get(key)
        try:
            value = dt.date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            value = None
        if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
            raise self.error(key, "allowed: a date such as 2026-11-22")
        return value

    def table(self, key: str) -> "StrictTable":
        return StrictTable(self.get(key, dict), self.file, f"{self.path}{key}.")

    def tables(self, key: str) -> list["StrictTable"]:
        """The entries of a list of tables; one that is missing is empty."""
        entries = self.get(key, list) if key in self.data else []
        if not all(isinstance(x, dict) for x in entries):
            raise self.error(key, "allowed: a list of tables")
        return [StrictTable(x, self.file, f"{self.path}{key}[{i}].") for i, x in enumerate(entries)]
