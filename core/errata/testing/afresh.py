"""A domain in a fresh interpreter: what its module imports, and what it answers there.

Run as a program: reads a task as JSON, prints a finding as JSON. ``answers`` is also called in the
tests' own process, to compare. Two interpreters with other seeds of ``hash()`` show what depends on the
order of a set.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any

from errata.domain import Domain
from errata.plugins import Active
from errata.records import Problem
from errata.seeds import stream

HEAVY = (
    "accelerate",
    "aiohttp",
    "datasets",
    "hdbscan",
    "jax",
    "litellm",
    "matplotlib",
    "numpy",
    "openai",
    "pandas",
    "peft",
    "pyarrow",
    "rapidfuzz",
    "reasoning_gym",
    "requests",
    "scipy",
    "sentence_transformers",
    "sklearn",
    "sympy",
    "tensorflow",
    "torch",
    "transformers",
    "trl",
    "vllm",
)


def named(plugin: object) -> str:
    """``module:name`` of a class that can be imported by it, else nothing."""
    module, name = getattr(plugin, "__module__", ""), getattr(plugin, "__qualname__", "")
    try:
        return (
            f"{module}:{name}"
            if attrgetter(name)(importlib.import_module(module)) is plugin
            else ""
        )
    except (ImportError, AttributeError, ValueError):
        return ""


def made(plugin: Any, options: Mapping[str, object]) -> object:
    """An instance of a plugin, with ``options`` where it takes some."""
    model = getattr(plugin, "Options", None)
    return plugin() if model is None else plugin(model.model_validate(dict(options)))


def elsewhere(task: Mapping[str, object], hash_seed: str = "random") -> dict[str, Any]:
    """What a fresh interpreter finds; ``error`` says why it found nothing."""
    path = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(
        [sys.executable, "-c", "from errata.testing.afresh import main; main()"],
        input=json.dumps(task),
        env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1:] or ["it died"]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Read a task, print a finding."""
    task = json.load(sys.stdin)
    before = set(sys.modules)
    module, _, name = str(task["plugin"]).partition(":")
    plugin = attrgetter(name)(importlib.import_module(module))
    instance = made(plugin, task["options"])
    offers = getattr(instance, "errata_parts", None)
    parts = offers() if callable(offers) else ()
    assert all(part.settings for part in parts)
    heavy = {*HEAVY, *task["heavy"]}
    found: dict[str, Any] = {"heavy": sorted(heavy & (set(sys.modules) - before))}
    if "problems" in task:
        problems = [Problem.model_validate(row) for row in task["problems"]]
        domain = Domain(name, Active({name: instance}))
        found["answers"] = answers(domain, problems, task["responses"], task["reading"])
    print(json.dumps(found))


def answers(
    domain: Domain,
    problems: Sequence[Problem],
    responses: Sequence[str],
    reading: Sequence[Any] = (),
) -> dict[str, str]:
    """Digests of what the hooks answer, by hook. ``reading`` is source, split, seed and limit."""
    demonstrated = [domain.target_prompt(p, problems[0], "Mind the signs.") for p in problems]
    found: dict[str, Iterable[Any]] = {
        "errata_target_prompt": [*map(domain.target_prompt, problems), *demonstrated],
        "errata_check": domain.check(problems, responses),
        "errata_variant": [domain.variant(p, stream(0, "conformance", p.id)) for p in problems],
        "errata_fingerprints": map(domain.fingerprints, problems),
    }
    if reading:
        source, split, seed, limit = reading
        found["errata_problems"] = islice(domain.problems(source, split, seed), limit)
    digests = {hook: _digest(r.model_dump_json() for r in rows) for hook, rows in found.items()}
    steps = (json.dumps(domain.steps(p, text)) for p, text in zip(problems, responses, strict=True))
    return digests | {"errata_steps": _digest(steps)}


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
