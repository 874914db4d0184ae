"""Commands on the pages: they exist, take these options, and what they name is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any, get_args

import pytest
import typer

from errata.ablation.arms import given_arms, plan_arms, read_arms
from errata.alone import settings_of, values_of
from errata.check import prepare
from errata.cli.app import app
from errata.elsewhere.handover import Tool
from errata.errors import UserError
from errata.evaluating.request import Drawing, sets_of
from errata.evaluating.request import prepare as prepare_evaluation
from errata.exporting.formats import FORMATS
from errata.extending import located
from errata.plugins import ablation_files
from errata.recipe import load
from errata.run import STAGES
from house.blocks import PAGES, Block, catalogue, written_in
from house.checkout import ROOT
from house.test_blocks import KEYS

KNOWN: Any = typer.main.get_command(app)
OTHERS = {"llamafactory-cli"}  # programs that this project neither has nor installs
RECIPES = {"run", "check", "estimate"}
_INLINE = re.compile(r"`errata ([a-z][a-z-]*)[^`]*`")


def _lines(block: Block) -> list[str]:
    """The commands of a block; on a console they stand after ``$``."""
    lines = block.text.replace("\\\n", " ").splitlines()
    if block.language == "console":
        assert all(line.startswith("$ ") for line in lines), f"{block.place}: outputs are not run"
        lines = [line.removeprefix("$ ") for line in lines]
    return [line for line in lines if line and not line.startswith("#")]


COMMANDS = [(b.place, line) for b in written_in("sh", "console") for line in _lines(b)]


@pytest.mark.parametrize(("place", "line"), COMMANDS)
def test_command(place: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    program, *words = shlex.split(line, comments=True)
    match program:
        case "errata" if "# refused: " in line:
            with pytest.raises(UserError):
                _check_errata(*words)
        case "errata":
            _check_errata(*words)
        case "make":
            makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
            assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in words)
        case "pip":
            assert words[0] == "install"
            assert all((ROOT / word / "pyproject.toml").exists() for word in words[1:])
        case "python":
            assert (ROOT / words[0]).is_file()
        case _:
            assert program in OTHERS


def _check_errata(name: str, *words: str) -> None:
    command = KNOWN.commands.get(name)
    assert command, f"no command {name}"
    given = command.make_context(f"errata {name}", list(words)).params
    assert not given.get("until") or given["until"] in STAGES
    if name in RECIPES:
        path = _recipe(given["recipe"])
        prepare(load(path, given["changes"]), catalogue(), given["recipe"], sources=False)
    elif name == "ablate":
        shipped = ablation_files(catalogue().installed)
        arms = given_arms(given["arms"]) if given["arms"] else read_arms(shipped[given["recipe"]])
        for arm in plan_arms(_recipe(given["recipe"]), arms, given["changes"]).arms:
            prepare(arm.recipe, catalogue(), arm.name, sources=False)
    elif name == "export":
        assert given["to"] in FORMATS
    elif name == "handover":
        assert given["tool"] in get_args(Tool)
    elif name == "group":
        values = {k: v for k, v in values_of(given["changes"]).items() if "." not in k}
        settings_of(catalogue().find("grouper", given["use"], "--use"), values)
    elif name == "eval":
        sets = sets_of(given["sets"], given["split"], given["limit"])
        drawing = Drawing(given["samples"], given["temperature"], given["seed"])
        prepare_evaluation(given["model"], given["domain"], sets, drawing, None, given["changes"])


def _recipe(name: str) -> Path:
    """A shipped recipe; one that stands for a reader's own (a path, or RECIPE) is one of these."""
    own = name == "RECIPE" or name.endswith(".yaml")
    return located("math/quickstart" if own else name, catalogue().installed)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_commands_in_sentences_exist(page: Path) -> None:
    named = set(_INLINE.findall(page.read_text(encoding="utf-8")))
    assert named <= set(KNOWN.commands)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rnu math/sei", "no command rnu"),
        ("run math/sie", "neither a YAML file nor a shipped recipe"),
        ("run math/sei --untill group", "No such option: --untill"),
        ("run math/sei --set select.keeep=1", "unknown setting"),
        ("export runs/a", "Missing parameter: to"),
    ],
)
def test_a_command_that_is_wrong_is_found(line: str, message: str) -> None:
    # typer has its own copy of click's errors, which has no public name
    with pytest.raises(Exception, match=re.escape(message)):
        _check_errata(*line.split())
