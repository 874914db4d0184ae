"""Every code block of the pages runs, or is read by what would read it; no model is run.

Blocks between ``generated`` comments are compared with their sources by ``test_pages``, commands are
in ``test_block_commands``. A block that nothing can run says so in the line above it:
``<!-- not run: reason -->``.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections import Counter
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from errata.ablation.arms import plan_arms, read_arms
from errata.bodies import Body
from errata.check import domain_of, prepare
from errata.extending import located, over
from errata.recipe import load, parse
from errata.stages.group import edited
from errata_cluster.taxonomy import read_taxonomy
from house.blocks import BLOCKS, Block, blocks_of, catalogue, written_in
from house.checkout import ROOT

# Pages with blocks that say so, and how many.
NOT_RUN = {"README.md": 2, "docs/index.md": 1, "docs/selection.md": 2}
READ = ("python", "yaml", "json", "toml", "sh", "console")
KEYS = {"OPENAI_API_KEY": "none", "ANTHROPIC_API_KEY": "none"}
_OUTCOME = re.compile(r"^(?P<code>\S.*?)  # (?P<outcome>'[^']*')$", re.MULTILINE)


def test_every_block_is_run_or_says_why_not() -> None:
    unread = [b.place for b in BLOCKS if not b.why and b.language not in READ]
    assert not unread, (
        f"nothing runs these blocks: {', '.join(unread)}; give the fence one of the languages"
        f" {', '.join(READ)}, or write `<!-- not run: reason -->` above it and count it here"
    )
    assert Counter(b.page for b in BLOCKS if b.why) == NOT_RUN
    assert {b.language for b in BLOCKS if not b.why} == set(READ)


def test_blocks_are_found_wherever_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("house.blocks.named", str)
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- generated: source x -->\n```python\n1\n```\n<!-- end generated -->\n\n"
        "- an item\n\n  ```yaml\n  a: 1\n  ```\n\n~~~\nplain\n~~~\n\n"
        "<!-- not run: a picture -->\n````text\n```\n````\n"
    )
    found = [(b.line, b.language, b.text, b.why) for b in blocks_of(page)]
    assert found == [
        (9, "yaml", "a: 1\n", ""),
        (13, "", "plain\n", ""),
        (18, "text", "```\n", "a picture"),
    ]


# --- python -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", dict.fromkeys(b.page for b in written_in("python")))
def test_python_runs(page: str) -> None:
    """Blocks of a page share one namespace, in order; ``test_*`` functions in it are then called. A
    line ``expression  # 'text'`` says what comes out."""
    space: dict[str, object] = {"__name__": "docs"}
    for block in written_in("python"):
        if block.page == page:
            exec(compile(block.text, block.place, "exec"), space)
            for line in _OUTCOME.finditer(block.text):
                outcome = eval(line["code"], space)
                assert outcome == ast.literal_eval(line["outcome"]), f"{block.place}: {line[0]}"
    for function in [f for key, f in space.items() if key.startswith("test_")]:
        assert callable(function)
        function()


# --- yaml -------------------------------------------------------------------------------------------


class _NoKeyTwice(yaml.SafeLoader):
    """Of a key that stands twice YAML readers take the last; a page must not show that."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"a key stands twice: {keys}"
        return super().construct_mapping(node, deep)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a reader would be, with the files and keys that the blocks name."""
    monkeypatch.chdir(tmp_path)
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    shipped = ROOT / "domains/errata_math/templates/analysis.md"
    (tmp_path / "my-analysis.md").write_bytes(shipped.read_bytes())
    return tmp_path


@pytest.mark.parametrize("block", written_in("yaml"), ids=lambda block: block.place)
def test_yaml_is_read(block: Block, folder: Path) -> None:
    """Recipes are checked as ``errata check`` does, fragments of one laid over a shipped recipe; other
    files by what reads them."""
    read = yaml.load(block.text, _NoKeyTwice)
    path = folder / "block.yaml"
    path.write_text(block.text, encoding="utf-8")
    if isinstance(read, list) and any("id" in row for row in read):
        types, _ = edited(block.text, [])
        assert types
    elif isinstance(read, list):
        assert read_taxonomy(str(path))
    elif "arms" in read:
        plan_arms(located("math/drills-ablation"), read_arms(path), [])
    elif {"name", "extends"} & set(read):
        prepare(load(path), catalogue(), block.place, sources=False)
    else:
        _check_fragment(read, block.place)


def _check_fragment(fragment: dict[str, Any], place: str) -> None:
    # a target behind an endpoint is not trained
    untrained = ["train=null", "warmup.examples=0", "select=all"] if "target" in fragment else []
    base = load(located("math/sei"), untrained).model_dump(mode="json")
    prepare(parse(over(base, fragment), place), catalogue(), place, sources=False)


# --- records, rows, entry points --------------------------------------------------------------------


@pytest.mark.parametrize("block", written_in("json"), ids=lambda block: block.place)
def test_json_is_a_record_or_a_problem(block: Block, folder: Path) -> None:
    row = json.loads(block.text)
    if "kind" in row:
        TypeAdapter[Body](Body).validate_python(row)
        return
    path = folder / "problems.jsonl"
    path.write_text(block.text, encoding="utf-8")
    recipe = load(located("math/quickstart"))
    domain = domain_of(recipe, catalogue(), block.place)
    (problem,) = domain.problems(str(path), "train", 0)
    (verdict,) = domain.check([problem], [problem.solution])
    assert verdict.outcome == "right"


@pytest.mark.parametrize("block", written_in("toml"), ids=lambda block: block.place)
def test_toml_announces_a_class_of_the_page(block: Block) -> None:
    (points,) = tomllib.loads(block.text)["project"]["entry-points"].values()
    python = "".join(b.text for b in BLOCKS if b.page == block.page and b.language == "python")
    for value in points.values():
        assert f"class {value.partition(':')[2]}:" in python
