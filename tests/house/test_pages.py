"""The pages: generated blocks are current, links lead somewhere, code runs, commands parse."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from errata.cli.app import app
from errata.recipe import load, parse
from house.checkout import DOCS, ROOT, named, page

PAGES = sorted(DOCS.rglob("*.md"))
_GENERATED = re.compile(r"^<!-- generated: .*?^<!-- end generated -->$", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")
WANTED = {
    "index",
    "tutorial",
    "recipes",
    "commands",
    "hooks",
    "writing-a-domain",
    "writing-a-plugin",
}
WANTED |= {"run-directory", "errors", "glossary", "architecture"}


def _fences(language: str, *, by_hand: bool = True) -> list[tuple[str, str]]:
    """(page, text) of every fenced block of a language."""
    found = []
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        text = _GENERATED.sub("", text) if by_hand else text
        found += [(named(path), body) for kind, body in _FENCE.findall(text) if kind == language]
    return found


def test_the_pages_are_there() -> None:
    assert {path.stem for path in PAGES} >= WANTED


def test_generated_blocks_are_current() -> None:
    done = subprocess.run(
        [sys.executable, DOCS / "generate.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [*PAGES, ROOT / "README.md"], ids=named)
def test_links_lead_to_files(path: Path) -> None:
    links = _LINK.findall(path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_architecture_names_every_module_of_the_engine() -> None:
    engine = ROOT / "core/errata"
    modules = [p.name for p in engine.glob("*.py") if p.name != "__init__.py"]
    modules += [f"{p.parent.name}/" for p in engine.glob("*/__init__.py")]
    assert [name for name in modules if f"`{name}`" not in page("architecture.md")] == []


def _led_to(name: str) -> set[str]:
    """Pages that a page links to; a link to a folder leads to every page in it."""
    targets = [((DOCS / name).parent / link).resolve() for link in _LINK.findall(page(name))]
    found = [
        p for target in targets for p in (target.glob("*.md") if target.is_dir() else [target])
    ]
    return {str(p.relative_to(DOCS)) for p in found if p in PAGES}


def test_every_page_is_reachable_from_the_index() -> None:
    reached, waiting = {"index.md"}, ["index.md"]
    while waiting:
        new = _led_to(waiting.pop()) - reached
        reached |= new
        waiting += new
    assert {str(path.relative_to(DOCS)) for path in PAGES} == reached


def test_python_by_hand_runs() -> None:
    """Blocks of a page share one namespace, in order; ``test_*`` functions in it are then called."""
    names = dict.fromkeys(name for name, _ in _fences("python"))
    assert names
    for name in names:
        space: dict[str, object] = {"__name__": "docs"}
        for place, (where, body) in enumerate(_fences("python")):
            if where == name:
                exec(compile(body, f"{name}, block {place}", "exec"), space)
        for function in [f for key, f in space.items() if key.startswith("test_")]:
            assert callable(function)
            function()


def _commands() -> list[tuple[str, str]]:
    found = _fences("sh")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found += [("README.md", body.replace("$ ", "")) for _, body in _FENCE.findall(readme)]
    joined = [(name, body.replace("\\\n", " ").splitlines()) for name, body in found]
    return [(name, line) for name, lines in joined for line in lines if line.startswith("errata ")]


def test_commands_on_the_pages_parse() -> None:
    known = typer.main.get_command(app)
    assert len(_commands()) >= 5
    for name, line in _commands():
        program, *arguments = shlex.split(line, comments=True)
        if not arguments or arguments[0].startswith("-"):
            continue
        command = known.commands.get(arguments[0])  # type: ignore[attr-defined] # a group has them
        assert command, f"{name}: {line}: no such command"
        command.make_context(f"{program} {arguments[0]}", arguments[1:])


def test_yaml_by_hand_reads(tmp_path: Path) -> None:
    """Whole recipes are checked as recipes; fragments only need known sections and YAML."""
    blocks = _fences("yaml")
    assert blocks
    for name, body in blocks:
        read = yaml.safe_load(body)
        if isinstance(read, dict) and "extends" in read:
            written = tmp_path / "recipe.yaml"
            written.write_text(body, encoding="utf-8")
            load(written)
        elif isinstance(read, dict) and "name" in read:
            parse(read, name)


def test_the_glossary_explains_the_words_it_uses() -> None:
    entries = [line for line in page("glossary.md").splitlines() if line.startswith("- **")]
    heads = [re.findall(r"\*\*(.+?)\*\*", line.partition(":")[0]) for line in entries]
    known = {word for head in heads for word in head}
    used = {w.lower() for w in re.findall(r"(?<!\*)\*(\w[^*]*)\*(?!\*)", "\n".join(entries))}
    assert len(used) > 20
    assert sorted(w for w in used if not {w, w.removesuffix("s")} & known) == []
    assert [head[0].lower() for head in heads] == sorted(head[0].lower() for head in heads)
