"""``estimate``: what a recipe's instructor will cost, from a small real pilot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from shlex import quote

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from errata.calls.opening import LEDGER
from errata.calls.settings import InstructorSettings
from errata.check import Prepared
from errata.cli.progress import Reporter
from errata.cli.running import cache_folder, prepare_recipe
from errata.errors import Interrupted, RecipeError, UserError
from errata.estimating.estimate import estimate
from errata.estimating.figures import Costs, Estimate, Paid, Range
from errata.estimating.measured import Size
from errata.estimating.pilot import Pilot
from errata.report.words import printable
from errata.store import Store

_OFTEN = 0.05  # chance of falling short that is worth a line


def estimate_recipe(
    name: str, changes: Sequence[str], into: Path | None, size: Size, *, as_json: bool
) -> None:
    """Do the pilot and print what the run is expected to cost."""
    for option, amount in (("--cases", size.cases), ("--candidates", size.candidates)):
        if amount < 1:
            raise UserError(f"{option} {amount}: a pilot needs at least 1")
    prepared = prepare_recipe(name, changes)
    if prepared.recipe.instructor is None:
        _say_free(name, as_json=as_json)
        return
    _check_cap(name, prepared, size)
    store = Store(into or Path("runs") / f"{prepared.recipe.name}.pilot")
    console = Console(stderr=as_json)
    pilot = Pilot(prepared, store, cache_folder(), size)
    reporter = Reporter(console)
    prepared.active.register("terminal", reporter)
    again = "the same `errata estimate` goes on, and pays for nothing twice"
    console.print(
        f"pilot in {store.path}: at most {size.cases} problems and {size.candidates} candidates",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    try:
        found = estimate(pilot)
    except KeyboardInterrupt as interrupt:
        raise Interrupted(f"stopped; everything received is kept: {again}") from interrupt
    finally:
        reporter.close()
        for complaint in prepared.active.complaints:
            console.print(f"note: {complaint}", markup=False, highlight=False)
    if as_json:
        print(found.model_dump_json(indent=1))
    else:
        changed = (f" --set {quote(change)}" for change in changes)
        _print(found, f"{quote(name)}{''.join(changed)}", console)


def _say_free(name: str, *, as_json: bool) -> None:
    text = f"{name} has no instructor: nobody is asked, and it costs no money"
    print('{"instructor": null}' if as_json else text)


def _check_cap(name: str, prepared: Prepared, size: Size) -> None:
    settings = prepared.parts["instructor"].settings
    known = not isinstance(settings, InstructorSettings) or settings.prices() is not None
    if size.max_usd is not None and not known:
        mistake = (
            "--max-usd: a cap in dollars needs prices; give instructor.usd_per_million_prompt_tokens"
            " and instructor.usd_per_million_reply_tokens, or cap the pilot with --max-requests"
        )
        raise RecipeError(name, [mistake])


# --- printing ---------------------------------------------------------------------------------------


def _print(found: Estimate, recipe: str, console: Console) -> None:
    console.print()
    for line in _measured(found):
        _say(console, line)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("", no_wrap=True)
    priced = found.pilot.usd is not None
    heads = ("requests", "tokens", "US dollars") if priced else ("requests", "tokens")
    for head in heads:
        table.add_column(head, justify="right")
    rows = [(s.stage, s.costs) for s in found.stages]
    rows.append(("one round", found.round))
    if found.rounds != 1:
        rows.append((f"{found.rounds} rounds, at most", found.run))
    for head, amount in rows:
        table.add_row(Text(head), *(Text(cell) for cell in _cells(amount, len(heads))))
    console.print()
    _say(console, "Expected cost, with the interval that holds 95% of what the run may come to")
    console.print(table)
    for stage in found.stages:
        if stage.why:
            _say(console, f"{stage.stage}: {'' if stage.costs else 'not measured: '}{stage.why}")
    console.print()
    for line in (*_verdict(found), *_afterwards(found, recipe)):
        _say(console, line)


def _measured(found: Estimate) -> Iterator[str]:
    others = f" and {found.imported} attempts of other models" if found.imported else ""
    yield (
        f"{found.name}: {found.tried} of {found.train:,} train problems{others} tried at random:"
        f" {found.bad} bad cases"
    )
    bad = found.bad_cases
    yield (
        f"in all {found.attempts:,} attempts of a round, dev included: about {bad.expected:,.0f} bad"
        f" cases ({bad.low:,.0f}–{bad.high:,.0f})"
    )
    if found.stopped:
        yield f"the pilot was stopped: {found.stopped}"


def _cells(costs: Costs | None, columns: int) -> list[str]:
    if costs is None:
        return ["not measured", *[""] * (columns - 1)]
    cells = [_range(costs.requests), _range(costs.tokens)]
    return [*cells, _range(costs.usd, "$")] if costs.usd is not None else cells


def _range(found: Range, unit: str = "") -> str:
    amounts = [_amount(x, unit) for x in (found.expected, found.low, found.high)]
    return f"{amounts[0]} ({amounts[1]}–{amounts[2]})"


def _amount(number: float, unit: str) -> str:
    if not unit:
        return f"{number:,.0f}"
    return f"${number:.4f}" if 0 < number < 0.1 else f"${number:,.2f}"


def _verdict(found: Estimate) -> Iterator[str]:
    if found.short >= _OFTEN:
        yield (
            f"With a chance of {found.short:.0%} not all candidates will be accepted: types are given"
            " up when nothing of them is accepted any more."
        )
    if found.pilot.usd is None:
        yield (
            "No dollars: the instructor's prices are not known. Give"
            " usd_per_million_prompt_tokens and usd_per_million_reply_tokens for them."
        )
    if found.max_usd is None or found.run is None or found.run.usd is None:
        return
    usd, cap = found.run.usd, found.max_usd
    if usd.high <= cap:
        yield f"instructor.max_usd is ${cap:g}: the run should stay below it."
    elif usd.low > cap:
        yield f"instructor.max_usd is ${cap:g}: the run will stop there, before it is finished."
    else:
        yield f"instructor.max_usd is ${cap:g}: the run may stop there, before it is finished."


def _afterwards(found: Estimate, recipe: str) -> Iterator[str]:
    yield f"The pilot has cost {_paid(found.pilot)}; it has a budget of its own."
    if found.target.requests:
        yield (
            f"The target, which is behind an endpoint, has cost {_paid(found.target)} besides; the"
            " run's answers of the target are not in this estimate."
        )
    if found.reusable.requests:
        served = f"Replies for {_paid(found.reusable)}, the diagnoses, serve the run too"
        if found.shared_ledger:
            yield f"{served} where the target answers alike, from {found.shared_ledger}."
        else:
            yield (
                f"{served} where the target answers alike, if it consults the pilot's ledger;"
                " candidates are written anew:"
            )
            ledger = Path(found.directory) / LEDGER
            yield f"  errata run {recipe} --set {quote(f'instructor.shared_ledger={ledger}')}"
    yield "Not included:"
    for sentence in found.not_included:
        yield f"- {sentence}"


def _paid(paid: Paid) -> str:
    dollars = f" (${paid.usd:.4f})" if paid.usd is not None else ""
    return f"{paid.requests:,} requests, {paid.tokens:,} tokens{dollars}"


def _say(console: Console, line: str) -> None:
    console.print(Text(printable(line)), soft_wrap=True)
