"""``ablation.md``: the tables of an ablation with how to read them, and where every number is from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from errata.ablation import wording
from errata.ablation.figures import BASELINE, Ablation, RunFigures
from errata.ablation.table import missing
from errata.report import words


def page(found: Ablation) -> str:
    """The page as Markdown; the picture stands beside it as ``ablation.svg``."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Ablation) -> Iterator[str]:
    yield f"# Ablation: {found.name}"
    yield ""
    yield (
        f"{len(found.arms)} arms at {wording.seeds_told(found)}, compared with"
        f" `{found.reference}`; {wording.equality(found)}."
    )
    for line in (wording.rejected(found), *missing(found)):
        if line:
            yield ""
            yield f"{line[0].upper()}{line[1:]}."
    if found.sets:
        yield ""
        yield f"![Accuracy of every arm on {found.sets[0]}](ablation.svg)"
    for set_name in found.sets:
        yield ""
        yield f"## {set_name}"
        yield ""
        yield from _table(("arm", *wording.HEADS), _arm_rows(found, set_name))
    yield ""
    yield from _READING
    yield ""
    yield "## The arms"
    yield ""
    yield from _table(
        ("arm", "changes"),
        ([name, _code(found.changes.get(name, ()))] for name in found.arms),
    )
    yield ""
    yield "## Every run"
    yield ""
    heads = ("arm", "seed", "set", "right", "accuracy", "95% interval", "fixed", "broken", "p")
    yield from _table(
        (*heads, "examples", "kept", "counted in"), (_run_row(run) for run in found.runs)
    )


def _arm_rows(found: Ablation, set_name: str) -> Iterator[list[str]]:
    for name, cells in wording.rows(found, set_name):
        yield [name, *cells]


def _run_row(run: RunFigures) -> list[str]:
    paired = ["", "", ""]
    if run.p_value is not None:
        fixed, broken = words.count_if(run.fixed), words.count_if(run.broken)
        paired = [fixed, broken, words.p_value(run.p_value)]
    return [
        run.arm,
        str(run.seed),
        run.set,
        f"{words.count(run.right)}/{words.count(run.total)}",
        words.percent(run.accuracy),
        words.interval(run.low, run.high),
        *paired,
        "" if run.arm == BASELINE else words.count(run.examples),
        {None: "", True: "yes", False: "no"}[run.kept],
        f"`{run.verdicts}`",
    ]


def _code(changes: Sequence[str]) -> str:
    return "<br>".join(f"`{change}`" for change in changes) or "none"


def _table(heads: Sequence[str], rows: Iterator[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join('---' for _ in heads)} |"
    for cells in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


_READING = (
    (
        "*Examples* is what the last round of each run trained on. *Mean* is the accuracy of the"
        " last checkpoint that each run made, over seeds, with Student's 95% interval; `(before)` is"
        " the checkpoint that all arms start from. *Difference* is the mean of the seeds' differences"
        " to the reference, in percentage points, paired by problem, with the 95% interval of a"
        " bootstrap that draws problems and seeds anew (Owen 2007). *Fixed* are problems that the arm"
        " solves and the reference does not, *broken* the reverse, over all seeds together; *p* is"
        " McNemar's, exact: it takes the trained models as given and knows nothing of how another"
        " seed would have trained. Nothing here is corrected for the number of arms."
    ),
)
