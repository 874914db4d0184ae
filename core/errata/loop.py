"""The loop: evaluate, triage, diagnose, group, synthesize, select, train, measure; and again.

Read this file for the order of things, ``rounds.py`` for what each step reads and writes, and
``stages/`` for what it does. Every stage that is done is passed over, so the same function starts a
run and resumes one.
"""

from __future__ import annotations

from errata.errors import ProblemsError, UserError
from errata.evaluation import import_attempts
from errata.lines import parse_line
from errata.records import RoundRecord
from errata.rounds import BASE, Round, train_checkpoint
from errata.run import Run
from errata.stages.problems import Placed, Reading, draw, reading_order
from errata.stages.train import solved_example

WARM_UP = "round-0"


def loop(run: Run) -> None:
    """Run every stage that is not done yet. Raises Paused at the stage named by ``--until``."""
    with run.store.locked():
        begins = not run.store.exists()
        run.open()
        run.active.notify(
            "errata_run_started", directory=str(run.store.path), rounds=run.recipe.rounds
        )
        try:
            run.stage("setup", "problems", lambda: set_up(run))
        except UserError:
            if begins:
                run.store.abandon()
            raise
        base = Round(run, "base", BASE)
        run.stage("base", "measure", base.measure)
        last = warm_up(run, finished(base))
        rounds = run.recipe.rounds
        why = "the one round is done" if rounds == 1 else f"all {rounds} rounds are done"
        for number in range(1, rounds + 1):
            round_ = Round(run, f"round-{number}", last.checkpoint)
            ended = go_round(run, round_)
            if ended:
                why = ended
                break
            made = finished(round_)
            gained = gate_right(made) > gate_right(last)
            if made.kept:
                last = made
            if run.recipe.stop.no_gain and not gained:
                why = f"{round_.name} did not raise the accuracy on gate"
                break
        run.end(why)
        run.active.notify("errata_run_finished", directory=str(run.store.path))


def go_round(run: Run, round_: Round) -> str:
    """One round; returns why the run ends here, or nothing."""
    run.stage(round_.name, "evaluate", round_.evaluate)
    run.stage(round_.name, "triage", round_.triage)
    run.stage(round_.name, "diagnose", round_.diagnose)
    run.stage(round_.name, "group", round_.group)
    run.stage(round_.name, "synthesize", round_.synthesize)
    run.stage(round_.name, "select", round_.select)
    if round_.guided():
        run.stage(round_.name, "train", round_.guide)
        run.stage(round_.name, "measure", round_.measure)
        return ""
    if not run.done(round_.name, "train"):  # a checkpoint may have been adopted
        if run.recipe.train is None:
            return f"{round_.name} trains nothing: the recipe has no section `train`"
        if next(round_.new_examples(), None) is None:
            return f"{round_.name} has nothing to train on: no candidate was accepted and kept"
    run.stage(round_.name, "train", round_.train)
    run.stage(round_.name, "measure", round_.measure)
    return ""


def warm_up(run: Run, base: RoundRecord) -> RoundRecord:
    """Round 0: reference solutions for the answer format only; the baseline of every claim."""
    if not run.recipe.warmup.examples:
        return base
    round_ = Round(run, WARM_UP, BASE)

    def train() -> list[str]:
        solved = [p for p in run.problems("train") if p.solution]
        run.random("warmup").shuffle(solved)
        chosen = solved[: run.recipe.warmup.examples]
        return train_checkpoint(
            round_, "warmup", [solved_example(p, run.domain) for p in chosen], BASE
        )

    run.stage(WARM_UP, "train", train)
    run.stage(WARM_UP, "measure", round_.measure)
    return finished(round_)


def set_up(run: Run) -> list[str]:
    """Read every source and write the disjoint sets."""
    reading = Reading(run.domain, run.recipe.seed)
    sources = run.recipe.sets()
    train: dict[str, list[str]] = {}
    placed: list[Placed] = []
    solved = 0
    with run.store.append("problems.jsonl", fresh=True) as out:
        for name in reading_order(sources):
            ids: list[str] = []
            for problem in reading.read(name, sources[name]):
                out.write(problem)
                ids.append(problem.id)
                solved += bool(problem.solution) and name.split("/")[0] == "train"
                run.progress(len(reading.ids), 0)
            if name.split("/")[0] == "train":
                train[name] = ids
            else:
                placed += [Placed(problem_id=problem_id, set=name) for problem_id in ids]
    if run.recipe.warmup.examples and not solved:
        raise ProblemsError(
            f"warmup.examples: {run.recipe.warmup.examples} reference solutions are to be trained on,"
            " but no train problem has a solution; leave the warm-up out, or give `solution`"
        )
    sizes = {"dev": run.recipe.problems.dev, "gate": run.recipe.problems.gate}
    drawn = draw(train, {name: size for name, size in sizes.items() if size}, run.random)
    for ids in train.values():
        placed += [Placed(problem_id=i, set=drawn.get(i, "train")) for i in ids]
    with run.store.append("splits.jsonl", fresh=True) as out:
        for record in placed:
            out.write(record)
    with run.store.append("dropped.jsonl", fresh=True) as out:
        for left_out in reading.dropped:
            out.write(left_out)
    made = ["problems.jsonl", "splits.jsonl", "dropped.jsonl"]
    return [*made, *import_attempts(run)] if run.recipe.error_sources else made


def finished(round_: Round) -> RoundRecord:
    """The record of a measured round."""
    path = round_.store.file(round_.path("round.json"))
    return parse_line(path, 1, path.read_bytes(), RoundRecord)


def gate_right(record: RoundRecord) -> int:
    """Right answers on the gate set."""
    return sum(a.right for a in record.accuracies if a.set == "gate")
