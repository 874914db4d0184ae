"""Block ``error NAME``: the messages of an error class, each brought about by doing the wrong thing."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from unittest import mock

from blocks import fights
from blocks.catalogue import catalogue
from blocks.roman import DOMAIN, RECIPE, roman_catalogue
from errata import errors
from errata.ablation.jobs import Ended
from errata.calls.budget import RUN, Budget, Caps, Cost
from errata.calls.ledger import Ledger
from errata.calls.opening import how_to_go_on
from errata.calls.replaying import Replay, ReplaySettings
from errata.cli import ablating, running
from errata.domain import Domain
from errata.errors import ErrataError
from errata.hooks import hookimpl
from errata.plugins import Active
from errata.recipe import load
from errata.records import Message, Problem, Triage
from errata.sources import read
from errata.store import Store

Wrong = Callable[[], object]


def render(arguments: Sequence[str]) -> str:
    """Each situation of one class with the message it gets."""
    (name,) = arguments
    shown = []
    for situation, wrong in SITUATIONS[name]:
        error = brought_about(wrong)
        told = re.sub(r"0x[0-9a-f]+", "0x…", str(error))
        if type(error).__name__ != name:
            raise AssertionError(f"{situation}: {type(error).__name__}, not {name}: {error}")
        shown.append(f"{situation}\n\n```text\nerrata: {told}\n```")
    return "\n\n".join(shown)


def tree(arguments: Sequence[str]) -> str:  # noqa: ARG001 the signature of every block
    """The drawing of all classes."""
    drawing = (errors.__doc__ or "").split("\n\n")[1]
    return f"```text\n{drawing.strip()}\n```"


def brought_about(wrong: Wrong) -> ErrataError:
    """The error that ``wrong`` raises in an empty folder; the terminal stays quiet."""
    with _empty_folder(), contextlib.redirect_stdout(io.StringIO()):
        try:
            wrong()
        except ErrataError as error:
            return error
    raise AssertionError("nothing was raised")


@contextlib.contextmanager
def _empty_folder() -> Iterator[None]:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def _written(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# --- what goes wrong ------------------------------------------------------------------------------


def many_mistakes() -> None:
    """A recipe with several mistakes of different kinds."""
    text = RECIPE.replace("rounds: 2", "rounds: two\nseeed: 1\nstop: {guard: [test]}")
    text = text.replace("group: phrases", "group: {use: embeding}").replace("numerals", "digits")
    _written("mine.yaml", text.replace("gain: 0.01", "gain: -1, sise: 2"))
    with mock.patch.object(running, "Catalogue", roman_catalogue):
        running.check_recipe("mine.yaml", [])


def no_mapping() -> None:
    """A recipe that is a list."""
    load(_written("mine.yaml", "- name: mine\n"))


def unknown_recipe() -> None:
    """A recipe that nobody ships."""
    with mock.patch.object(running, "Catalogue", catalogue):
        running.check_recipe("math/quickstrat", [])


def unknown_stage() -> None:
    """``--until`` with a stage that does not exist."""
    running.run_recipe("mine.yaml", None, [], "grouping")


def edited_wrongly() -> None:
    """``error_types.yaml`` with a merge into a type that is not there."""
    _written("mine.yaml", RECIPE)
    with mock.patch.object(running, "Catalogue", roman_catalogue):
        running.run_recipe("mine.yaml", Path("runs/mine"), [], "group")
        types = Path("runs/mine/round-1/error_types.yaml")
        types.write_text(
            types.read_text().replace("keyphrases:", "merge: nowhere\n  keyphrases:", 1)
        )
        running.resume_run(Path("runs/mine"), None)


def missing_file() -> None:
    """A source that is not there."""
    list(_domain(object()).problems("problems.jsonl", "train", 0))


def no_answers() -> None:
    """A row without an answer."""
    _written("problems.jsonl", '{"question": "1 + 1?", "answer": "2"}\n{"question": "2 + 2?"}\n')
    list(_domain(object()).problems("problems.jsonl", "train", 0))


def too_few() -> None:
    """More problems asked for dev and gate than train has."""
    _written("mine.yaml", RECIPE.replace("dev: 20", "dev: 150"))
    with mock.patch.object(running, "Catalogue", roman_catalogue):
        running.run_recipe("mine.yaml", Path("runs/mine"), [], None)


def unknown_part() -> None:
    """A part that nobody offers."""
    catalogue().find("grouper", "embeding", "group.use")


def missing_library() -> None:
    """A source whose library is not installed."""
    with mock.patch.dict(sys.modules, {"datasets": None}):
        list(read("hf:openai/gsm8k", "train"))


def not_a_run() -> None:
    """A folder that is no run."""
    running.resume_run(Path("runs/mine"), None)


def another_recipe() -> None:
    """The run of a recipe that was changed since."""
    with mock.patch.object(running, "Catalogue", roman_catalogue):
        _written("mine.yaml", RECIPE)
        running.run_recipe("mine.yaml", Path("runs/mine"), [], "problems")
        running.run_recipe("mine.yaml", Path("runs/mine"), ["seed=1"], None)


def something_else() -> None:
    """A folder with other things in it."""
    _written("papers/notes.txt", "mine")
    with mock.patch.object(running, "Catalogue", roman_catalogue):
        running.run_recipe(str(_written("mine.yaml", RECIPE)), Path("papers"), [], None)


def damaged_line() -> None:
    """A line of a record file that someone changed."""
    path = _written("runs/mine/round-1/triage.jsonl", '{"attempt_id": "base:1"}\n')
    list(Store(Path("runs/mine")).read(str(path.relative_to("runs/mine")), Triage))


def full_disk() -> None:
    """A disk without room; ``/dev/full`` refuses every write."""
    Path("runs/mine").mkdir(parents=True)
    Path("runs/mine/problems.jsonl").symlink_to("/dev/full")
    with Store(Path("runs/mine")).append("problems.jsonl") as out:
        out.write(_problem())


def plugin_raises() -> None:
    """A hook that raises."""
    _run_with(lambda problems: [len(problems) // 0])


def plugin_forgets() -> None:
    """A hook that returns too little."""
    _run_with(lambda problems: problems[:0])


def budget_spent() -> None:
    """A request that does not fit into what is left of a cap."""
    budget = Budget(
        {RUN: Caps(max_usd=5)},
        {"diagnose": Cost(812, 1_950_412, 4.9961)},
        how_to_go_on(Path("runs/mine")),
    )
    asyncio.run(budget.reserve("diagnose", Cost(1, 3100, 0.0215)))


def nothing_to_replay() -> None:
    """A request that the ledger of a replay does not know."""
    Ledger(Path("calls.sqlite")).close()
    replay = Replay(ReplaySettings(model="gpt-4o", ledger=Path("calls.sqlite")))
    message = Message(role="user", content="Where does this solution first go wrong? …")
    asyncio.run(replay.complete(replay.request((message,), None, {}, 0)))


def control_c() -> None:
    """Ctrl-C while answers are checked."""

    def pressed(problems: Sequence[Problem]) -> object:
        raise KeyboardInterrupt(len(problems))

    _run_with(pressed)


def _run_with(check: Callable[[Sequence[Problem]], object]) -> None:
    """Run the example's recipe with another ``errata_check``."""

    def errata_check(_self: object, problems: Sequence[Problem]) -> object:
        return check(problems)

    broken = roman_catalogue(type("Broken", (DOMAIN,), {"errata_check": hookimpl(errata_check)}))
    with mock.patch.object(running, "Catalogue", return_value=broken):
        running.run_recipe(str(_written("mine.yaml", RECIPE)), Path("runs/mine"), [], None)


def _domain(plugin: object) -> Domain:
    return Domain("mine", Active({"mine": plugin}))


def _problem() -> Problem:
    return Problem(id="1", question="1 + 1?", answer="2")


def arm_fails() -> None:
    """A run of an ablation."""
    failed = Ended(
        "seed 1, more", 12.0, "exit code 1: errata: … (log runs/mine/logs/seed-1.more.log)"
    )
    ablating.complain([Ended("seed 0, more", 61.0), failed])


SITUATIONS: dict[str, list[tuple[str, Wrong]]] = {
    "RecipeError": [
        ("Misspelt keys, wrong values, a part and a source that do not exist:", many_mistakes),
        ("Something else than a recipe:", no_mapping),
    ],
    "ProblemsError": [
        ("A file that is not there:", missing_file),
        ("A row without an answer:", no_answers),
        ("More problems for dev and gate than train has:", too_few),
    ],
    "PartError": [
        ("A part that no installed plugin offers:", unknown_part),
        ("A misspelt hook in a plugin of your own:", fights.misspelt_hook),
        ("A plugin written for another version of the hooks:", fights.old_signature),
        ("Two plugins that both answer for the domain:", fights.two_answers),
        ("Two packages with a plugin of one name:", fights.two_packages),
        ("Two plugins with a part of one name:", fights.two_parts),
        ("A plugin that cannot be imported:", fights.broken_import),
    ],
    "MissingExtra": [
        ("A source whose library is not installed:", missing_library),
        ("A part of another package, without its library:", fights.missing_extra),
    ],
    "RunDirectoryError": [
        ("A folder that is no run:", not_a_run),
        ("A run of the same name with other settings:", another_recipe),
        ("A folder with something else in it:", something_else),
    ],
    "UserError": [
        ("A recipe that does not exist:", unknown_recipe),
        ("A stage that does not exist:", unknown_stage),
        ("A mistake in `error_types.yaml`:", edited_wrongly),
    ],
    "CorruptRecord": [("A line that was changed by hand:", damaged_line)],
    "StorageFull": [("A full disk:", full_disk)],
    "BudgetSpent": [("A cap in dollars:", budget_spent)],
    "InstructorError": [("A replay of something else:", nothing_to_replay)],
    "AblationIncomplete": [("An arm that fails:", arm_fails)],
    "ExtensionError": [
        ("A plugin that raises:", plugin_raises),
        ("A plugin that returns the wrong thing:", plugin_forgets),
    ],
    "Interrupted": [("Ctrl-C:", control_c)],
}
