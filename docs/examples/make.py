"""Makes the worked example: ``python docs/examples/make.py OUTPUTS.jsonl.gz``.

Writes the figures into the blocks of the page (``<!-- made: NAME -->`` to ``<!-- end made -->``), its
pictures and a table of all cells. What stands outside of blocks is written by hand. The lines of the
file are JSON objects with ``model``, ``problem_id``, ``question``, ``solution``, ``answer`` and
``prediction``.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from eight_models import UNASSIGNED, Found, Shares, examine
from pictures import bars, heat_map

HERE = Path(__file__).parent
NAME = "error-types-of-eight-models"
UNREAD = "no readable equation"
_BLOCK = re.compile(
    r"^<!-- made: (?P<name>[\w-]+) -->\n.*?^<!-- end made -->$", re.DOTALL | re.MULTILINE
)
_CATEGORIES = ("right", "model-error", "format-slip", "truncated", "undecided")


def counts(found: Found) -> str:
    """The paragraph of totals."""
    outputs = sum(counts.total() for counts in found.outcomes.values())
    phrases = Counter(d.keyphrase for d in found.diagnoses)
    total = len(found.diagnoses)
    slips = sum(n for phrase, n in phrases.items() if phrase.startswith("slip"))
    unread = phrases[UNREAD]
    unassigned = found.types.cells.get((UNASSIGNED, None))
    left = unassigned.count if unassigned else 0
    return (
        f"{outputs:,} outputs of {len(found.types.models)} models; {total:,} are errors of a model that"
        f" could be diagnosed. They have {len(phrases)} distinct keyphrases, which make"
        f" {len(found.grouping.types)} types; {left} cases ({left / total:.1%}) belong to none."
        f" {slips:,} ({slips / total:.1%}) are slips: an equation that does not compute."
        f" {unread} ({unread / total:.1%}) hold no equation that can be read."
    )


def outcomes(found: Found) -> str:
    """What became of the outputs."""
    used = [c for c in _CATEGORIES if any(n[c] for n in found.outcomes.values())]
    lines = [f"| model | outputs | {' | '.join(used)} |", "| --- |" + " --- |" * (len(used) + 1)]
    for model in found.types.models:
        row = found.outcomes[model]
        figures = " | ".join(f"{row[category]:,}" for category in used)
        lines.append(f"| {model} | {row.total():,} | {figures} |")
    return "\n".join(lines)


def types(found: Found) -> str:
    """Every type with its share and its commonest keyphrases."""
    lines = [
        "| type | cases | share of errors | commonest keyphrases |",
        "| --- | --- | --- | --- |",
    ]
    shown = {t.id: t.keyphrases for t in found.grouping.types}
    for row, name in found.types.rows:
        cell = found.types.cells[row, None]
        phrases = "; ".join(shown.get(row, ())[:4])
        share = f"{cell.share:.1%} ({100 * cell.low:.1f}–{100 * cell.high:.1f})"
        lines.append(f"| {name} | {cell.count:,} | {share} | {phrases} |")
    return "\n".join(lines)


def apart(shares: Shares) -> str:
    """Cells that stand out, as sentences."""
    names = dict(shares.rows)
    lines = []
    for row, model in shares.standing_out():
        cell, whole = shares.cells[row, model], shares.cells[row, None]
        others = (whole.count - cell.count) / (shares.errors[None] - shares.errors[model])
        lines.append(
            f"- **{model}** · {names[row]}: {cell.share:.1%} of its errors"
            f" ({100 * cell.low:.1f}–{100 * cell.high:.1f}), {others:.1%} of the others'"
            f" (p = {cell.p:.1g})"
        )
    tests = len(shares.rows) * len(shares.models)
    lead = f"{len(lines)} of {tests} cells differ from the other models at p < {shares.level:.1g}"
    return f"{lead} (Fisher's exact test, 5% over all cells after Bonferroni):\n\n" + "\n".join(
        lines or ["- none"]
    )


def cases(found: Found) -> str:
    """One case of each of the eight largest types: where it is, and what the diagnoser says."""
    lines = ["| type | output | step | the diagnoser's words |", "| --- | --- | --- | --- |"]
    for error_type in found.grouping.types[:8]:
        phrase = error_type.keyphrases[0]
        case = min(
            (d for d in found.diagnoses if d.keyphrase == phrase),
            key=lambda d: (len(d.explanation), d.attempt_id),
        )
        said = case.explanation.replace("|", "\\|").replace("*", "\\*")
        lines.append(f"| {error_type.name} | {case.attempt_id} | {case.step or '–'} | {said} |")
    return "\n".join(lines)


BLOCKS: Mapping[str, Callable[[Found], str]] = {
    "counts": counts,
    "outcomes": outcomes,
    "types": types,
    "types-apart": lambda found: apart(found.types),
    "kinds-apart": lambda found: apart(found.kinds),
    "cases": cases,
}


def table_of_cells(found: Found) -> str:
    """CSV: every kind and type of every model with count, share, interval and p value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["by", "row", "model", "errors", "count", "share", "low", "high", "p"])
    for by, shares in (("kind", found.kinds), ("type", found.types)):
        for row, name in shares.rows:
            for model in (*shares.models, None):
                cell = shares.cells[row, model]
                figures = (f"{value:.4f}" for value in (cell.share, cell.low, cell.high))
                p = "" if model is None else f"{cell.p:.3g}"
                total = shares.errors[model]
                writer.writerow([by, name, model or "all", total, cell.count, *figures, p])
    return text.getvalue()


def filled(page: str, found: Found) -> str:
    """``page`` with every block made anew. Raises LookupError for a block that nobody makes."""

    def made(block: re.Match[str]) -> str:
        name = block["name"]
        if name not in BLOCKS:
            raise LookupError(f"no block {name!r}; there are: {', '.join(BLOCKS)}")
        return f"<!-- made: {name} -->\n{BLOCKS[name](found)}\n<!-- end made -->"

    return _BLOCK.sub(made, page)


def main() -> int:
    """Write page, pictures and table; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("outputs", type=Path, help="JSON lines of model outputs, gzipped")
    parser.add_argument("--into", type=Path, default=HERE, help="folder of the page")
    given = parser.parse_args()
    if not given.outputs.exists():
        parser.error(f"no such file: {given.outputs}")
    with tempfile.TemporaryDirectory() as cache:
        found = examine(given.outputs, Path(cache))
    page = given.into / f"{NAME}.md"
    source = page if page.exists() else HERE / f"{NAME}.md"
    written = {
        page: filled(source.read_text(encoding="utf-8"), found),
        given.into / f"{NAME}.kinds.svg": heat_map(found.kinds, "Kinds of error by model"),
        given.into / f"{NAME}.types.svg": heat_map(found.types, "Types of error by model"),
        given.into / f"{NAME}.bars.svg": bars(found.types),
        given.into / f"{NAME}.csv": table_of_cells(found),
    }
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
