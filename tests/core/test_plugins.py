"""Discovery, activation, the catalogue, notices: with real plugin classes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from errata.errors import PartError, UserError
from errata.hooks import hookimpl
from errata.parts import Part, Settings
from errata.plugins import Active, Catalogue, Installed, discover, recipe_files
from errata.records import Message, Objection, Problem, TargetPrompt, Verdict


def _installed(name: str, factory: object, package: str = "") -> Installed:
    return Installed(name, f"mod_{name}:Plugin", package or f"pack-{name}", factory)  # type: ignore[arg-type]  # broken ones have none


def _broken(name: str, problem: str) -> Installed:
    return Installed(name, f"mod_{name}:Plugin", f"pack-{name}", None, problem)


def _offering(*parts: tuple[str, str]) -> type:
    class Offering:
        @hookimpl
        def errata_parts(self) -> Sequence[Part]:
            return [
                Part(name=name, kind=kind, settings=Settings, make=lambda s, v: self)  # type: ignore[arg-type]  # kinds come as strings
                for kind, name in parts
            ]

    return Offering


class Minimal:
    """A whole domain."""

    @hookimpl
    def errata_target_prompt(self, problem):
        return TargetPrompt(messages=(Message(role="user", content=problem.question),))

    @hookimpl
    def errata_check(self, problems, responses):
        return [Verdict(problem_id=p.id, outcome="right") for p in problems]


PROBLEM = Problem(id="1", question="q", answer="a")


# --- the catalogue ----------------------------------------------------------------------------------


def test_what_is_installed_is_found_with_its_file():
    found = {plugin.name: plugin for plugin in discover()}
    assert list(found) == sorted(found)
    path, _, line = found["testing"].where().rpartition(":")
    text = Path(path).read_text().splitlines()
    assert text[int(line) - 1] == "class TestingPlugin:"


def test_a_broken_import_is_kept_with_its_reason(tmp_path, monkeypatch):
    (tmp_path / "broken_roman.py").write_text("import a_library_nobody_has\n")
    info = tmp_path / "broken_roman-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-roman\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[errata]\nbroken = broken_roman:Roman\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    catalogue = Catalogue()
    assert catalogue.find("target", "scripted", "target.use").name == "scripted"
    (broken,) = [plugin for plugin in catalogue.installed if plugin.name == "broken"]
    assert "a_library_nobody_has" in broken.problem
    with pytest.raises(
        PartError,
        match=r"'broken' \(broken_roman:Roman of broken-roman\) did not"
        r" load: ModuleNotFoundError: .*a_library_nobody_has.*; reinstall or remove broken-roman",
    ):
        catalogue.plugin("broken", "domain")
    listed = (
        r"did not load \(reinstall or remove them\): broken of broken-roman \(ModuleNotFoundError"
    )
    with pytest.raises(PartError, match=listed):
        catalogue.find("diagnoser", "nobody", "diagnose.use")


def test_a_plugin_whose_offer_raises_becomes_broken():
    class Raises:
        @hookimpl
        def errata_parts(self):
            raise RuntimeError("no parts today")

    catalogue = Catalogue(
        [_installed("bad", Raises), _installed("good", _offering(("target", "t")))]
    )
    assert catalogue.find("target", "t", "target.use").name == "t"
    with pytest.raises(PartError, match="no parts today"):
        catalogue.plugin("bad", "plugins")


def test_a_part_that_does_not_exist():
    catalogue = Catalogue(
        [_installed("a", _offering(("selector", "one-shot"), ("target", "tiny")))]
    )
    with pytest.raises(PartError) as caught:
        catalogue.find("selector", "oneshot", "select.use")
    assert str(caught.value) == (
        "select.use: no selector 'oneshot' (did you mean 'one-shot'?); available: one-shot"
    )
    with pytest.raises(PartError, match="no trainer 'one-shot'; available: none"):
        catalogue.find("trainer", "one-shot", "train.use")


def test_a_plugin_that_does_not_exist():
    with pytest.raises(
        PartError, match=r"no plugin 'maths' is installed \(did you mean 'math'\?\)"
    ):
        Catalogue([_installed("math", Minimal)]).plugin("maths", "domain")


def test_one_name_of_two_plugins_is_an_error_only_when_used():
    catalogue = Catalogue(
        [
            _installed("a", _offering(("target", "tiny"), ("target", "own"))),
            _installed("b", _offering(("target", "tiny"), ("trainer", "tiny"))),
        ]
    )
    assert catalogue.find("target", "own", "x").name == "own"
    assert catalogue.find("trainer", "tiny", "x").kind == "trainer"
    with pytest.raises(
        PartError, match="several plugins offer target 'tiny': say a/tiny or b/tiny"
    ):
        catalogue.find("target", "tiny", "target.use")
    first, second = (catalogue.find("target", f"{p}/tiny", "x") for p in "ab")
    assert first is not second
    with pytest.raises(PartError, match="no target 'c/tiny'"):
        catalogue.find("target", "c/tiny", "x")


def test_two_packages_with_one_plugin_name():
    catalogue = Catalogue([_installed("math", Minimal, "one"), _installed("math", Minimal, "two")])
    both = "domain: one and two both announce a plugin 'math'; uninstall one of them"
    with pytest.raises(PartError, match=both):
        catalogue.plugin("math", "domain")


def test_recipes_lie_beside_plugins():
    found = recipe_files(discover())
    assert found["math/quickstart"].name == "quickstart.yaml"
    assert recipe_files([_broken("gone", "x")]) == {}


# --- activation -------------------------------------------------------------------------------------


def test_a_second_plain_implementation_names_both():
    class Second:
        @hookimpl
        def errata_check(self, problems, responses):
            return []

    both = r"errata_check has a plain implementation in both a and b; .* make one a wrapper .* or leave"
    with pytest.raises(PartError, match=both):
        Active({"a": Minimal(), "b": Second()})


def test_a_misspelt_hook():
    class Misspelt(Minimal):
        @hookimpl
        def errata_variants(self, problem):
            return None

    both = r"plugin 'm' implements 'errata_variants'.*: rename it.* mean 'errata_variant'\?"
    with pytest.raises(PartError, match=both):
        Active({"m": Misspelt()})


def test_an_old_signature():
    class Old(Minimal):
        @hookimpl
        def errata_steps(self, problem, solution, language):
            return []

    with pytest.raises(PartError) as caught:
        Active({"old": Old()})
    assert str(caught.value) == (
        "plugin 'old': errata_steps asks for language, which this errata does not give; the hook gives"
        " problem, solution: take the rest out of its signature; see docs/hooks.md for signatures"
    )


def test_a_method_without_a_marker():
    class Unmarked(Minimal):
        def errata_steps(self, problem, solution):
            return []

    with pytest.raises(
        PartError, match=r"plugin 'u': errata_steps lacks the marker; write @hookimpl"
    ):
        Active({"u": Unmarked()})


def _wrapper(sign: str) -> type:
    class Wraps:
        @hookimpl(wrapper=True)
        def errata_target_prompt(self, problem):
            prompt = yield
            (message,) = prompt.messages
            content = f"{sign}({message.content})"
            return TargetPrompt(messages=(message.model_copy(update={"content": content}),))

    return Wraps


def test_wrappers_wrap_in_the_recipes_order():
    for order in ("xy", "yx"):
        active = Active({"domain": Minimal(), **{name: _wrapper(name)() for name in order}})
        prompt = active.first(
            "errata_target_prompt", problem=PROBLEM, demonstration=None, guidance=None
        )
        assert isinstance(prompt, TargetPrompt)
        assert prompt.messages[0].content == f"{order[1]}({order[0]}(q))"  # the last is outermost


def test_verification_is_collected_from_every_plugin_first_registered_first():
    def objecting(detail: str) -> object:
        class Objects:
            @hookimpl
            def errata_verify(self, candidate):
                return Objection(reason="unreadable", detail=detail) if detail else None

        return Objects()

    active = Active({"a": objecting("a"), "b": objecting(""), "c": objecting("c")})
    found = active.every("errata_verify", candidate=None)
    assert [o.detail for o in found if isinstance(o, Objection)] == ["a", "c"]


# --- notices ----------------------------------------------------------------------------------------


class Observer:
    def __init__(self, error: BaseException | None = None) -> None:
        self.heard: list[object] = []
        self.error = error

    @hookimpl
    def errata_stage_progress(self, done):
        self.heard.append(done)
        if self.error:
            raise self.error


@pytest.mark.parametrize(
    "error",
    [RuntimeError("x"), OSError(28, "No space left on device"), UserError("mine"), KeyError(1)],
)
def test_a_raising_observer_alters_nothing_and_is_told_once(error):
    active = Active({"bad": Observer(error), "good": (good := Observer())})
    for done in range(1000):
        error.args = (*error.args[:1], done) if isinstance(error, OSError) else (done,)
        active.notify("errata_stage_progress", done=done, total=1000)
    assert good.heard == list(range(1000))
    assert len(active.complaints) == 1


def test_an_interruption_is_no_complaint():
    active = Active({"bad": Observer(KeyboardInterrupt())})
    with pytest.raises(KeyboardInterrupt):
        active.notify("errata_stage_progress", done=1, total=1)
