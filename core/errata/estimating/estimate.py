"""``estimate``: a pilot, and what it says of the whole run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from errata.calls.budget import Cost
from errata.estimating.extrapolating import Drawn, Vector, costs, draw, spread
from errata.estimating.figures import Estimate, Paid, StageCosts
from errata.estimating.measured import Measured
from errata.estimating.pilot import Pilot
from errata.recipe import Recipe


def estimate(pilot: Pilot) -> Estimate:
    """Do the pilot and extrapolate. The recipe has an instructor."""
    recipe, measured = pilot.recipe, pilot.measure()
    assert recipe.instructor is not None
    drawn = draw(measured, recipe.synthesize, pilot.random("estimate/draws"))
    whole, priced = drawn.round, measured.priced
    return Estimate(
        name=recipe.name,
        directory=str(pilot.store.path),
        train=measured.train,
        tried=measured.own.tried,
        imported=measured.imported.tried,
        attempts=measured.own.attempts + measured.imported.attempts,
        bad=measured.bad,
        bad_cases=spread(drawn.bad_cases),
        stages=tuple(_stages(measured, drawn, recipe)),
        round=whole and costs(whole, priced=priced),
        rounds=recipe.rounds,
        run=whole and costs(whole, priced=priced, times=recipe.rounds),
        short=drawn.short,
        pilot=_paid(measured.paid, priced),
        target=_paid(measured.target, bool(measured.target.usd)),
        reusable=_paid(sum((*(measured.looks or ()), *measured.cases), Cost()), priced),
        shared_ledger=recipe.instructor.shared_ledger,
        max_usd=recipe.instructor.max_usd,
        stopped=measured.stopped,
        not_included=tuple(_not_included(recipe)),
    )


def _stages(measured: Measured, drawn: Drawn, recipe: Recipe) -> Iterator[StageCosts]:
    def stage(name: str, draws: Sequence[Vector] | None, how: str, lacking: str) -> StageCosts:
        if draws is None:
            why = "the pilot's budget ended before" if measured.stopped else lacking
            return StageCosts(stage=name, costs=None, why=why)
        return StageCosts(stage=name, costs=costs(draws, priced=measured.priced), why=how)

    if recipe.triage.samples:
        how = f"{len(measured.looks or ())} problems asked about a second time"
        yield stage("triage", drawn.triage, how, "")
    waves = measured.waves or ()
    accepted, asked = sum(w.accepted for w in waves), sum(w.count for w in waves)
    yield stage(
        "diagnose",
        drawn.diagnose,
        f"{len(measured.cases)} diagnoses measured",
        f"none of the {measured.own.tried} problems tried gave a bad case",
    )
    yield stage(
        "group",
        drawn.group,
        "between what it cost here and in proportion to the diagnoses",
        "there was nothing to group",
    )
    yield stage(
        "synthesize",
        drawn.synthesize,
        f"{accepted} of {asked} accepted in {len(waves)} waves; {recipe.synthesize.total} wanted",
        "there was no error type to write against",
    )


def _not_included(recipe: Recipe) -> Iterator[str]:
    if recipe.warmup.examples:
        yield (
            "the warm-up: the pilot's target is the untouched base, which errs at other problems, and"
            " the run asks about other attempts, so that no diagnosis of the pilot serves it"
        )
    if recipe.rounds > 1:
        yield (
            "learning: every round is taken to cost as much as the first, but the error rate should"
            " fall, and after a rejected checkpoint there is nothing new to diagnose"
        )
    yield (
        "more error types than the pilot found, which mean more small last waves; selection and"
        " training ask nobody"
    )
    yield "requests that are lost to faults and paid for all the same; what a target behind a key costs"


def _paid(cost: Cost, priced: bool) -> Paid:
    return Paid(requests=cost.requests, tokens=cost.tokens, usd=cost.usd if priced else None)
