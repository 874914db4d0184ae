"""What a long benchmark has measured so far, in one JSON file: it goes on where it was stopped.

Not covered: several processes on one file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Steps:
    """Results of steps by name, kept in ``path``.

    Raises SystemExit when the file was made with other ``options``.
    """

    def __init__(self, path: Path, options: dict[str, Any]) -> None:
        self._path = path
        self.found: dict[str, Any] = {"options": options, "steps": {}}
        if path.exists():
            self.found = json.loads(path.read_text(encoding="utf-8"))
            if self.found["options"] != options:
                raise SystemExit(
                    f"{path} was made with {self.found['options']}, not {options};"
                    " name another --out or give the same options"
                )

    def done(self, name: str) -> bool:
        """Whether a step has its result."""
        return name in self.found["steps"]

    def step(self, name: str, make: Callable[[], Any]) -> Any:
        """The result of a step, made now unless it is there; what JSON can hold."""
        if not self.done(name):
            self.found["steps"][name] = json.loads(json.dumps(make()))
            self.write()
        return self.found["steps"][name]

    def write(self) -> None:
        """Put everything into the file, whole or not at all."""
        fresh = self._path.with_suffix(".tmp")
        fresh.write_text(json.dumps(self.found, indent=1), encoding="utf-8")
        fresh.replace(self._path)
