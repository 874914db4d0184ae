"""``grade``."""

from __future__ import annotations

from pathlib import Path

from errata.domain import Domain
from errata.grading import Graded, Tally, grade, read_pairs
from errata.plugins import Active, Catalogue, make_plugin


def grade_file(path: Path, domain: str, *, as_json: bool) -> None:
    """Print a verdict a row and the counts."""
    plugin = Catalogue().plugin(domain, "--domain")
    active = Active({plugin.name: make_plugin(plugin, None)})
    for line in grade(read_pairs(path), Domain(plugin.name, active)):
        if as_json:
            print(line.model_dump_json(exclude_defaults=True), flush=isinstance(line, Tally))
        elif isinstance(line, Graded):
            found = "" if line.extracted is None else f"  {line.extracted}"
            why = f"  ({line.reason})" if line.reason else ""
            print(f"{line.id}  {line.verdict:<9}  {line.rule}{found}{why}")
        else:
            print(", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in line))
