"""A target behind an endpoint: evaluated over real HTTP, paid once, capped, never trained."""

from __future__ import annotations

import json
from random import Random

import pytest
import yaml

from errata.calls.settings import InstructorSettings
from errata.calls.target import EndpointTarget
from errata.errors import BudgetSpent, ExtensionError, RecipeError
from errata.parts import Services
from errata.plugins import Installed
from errata.recipe import load
from errata.records import Message, TargetPrompt
from errata.sections import CallsUse
from errata.seeds import stream
from errata.stages.verdict_reason import VerdictReasonPlugin
from errata_openai.client import OpenAIClient
from errata_openai.plugin import OpenAIPlugin
from faults.client import settings
from faults.server import answer_to


@pytest.fixture
def endpoint(roman, fault_server):
    roman.plugins.append(Installed("openai", "x:x", "openai", OpenAIPlugin))
    roman.plugins.append(Installed("reasons", "x:x", "reasons", VerdictReasonPlugin))
    target = {
        "use": "openai",
        "model": "scripted",
        "base_url": fault_server.url,
        "api_key_env": "",
        "max_reply_tokens": 50,
        "concurrency": 4,
    }
    roman.changes = [f"target={json.dumps(target)}", "rounds=1"]
    return roman


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_evaluated_and_nothing_is_paid_twice(endpoint, fault_server, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(BudgetSpent, match=r"target.max_requests is 30: 30 have been sent"):
        endpoint.run(run, *endpoint.changes, "target.max_requests=30", until="triage")
    assert sum(fault_server.seen.arrived.values()) == 30
    path = run / "recipe.yaml"
    recipe = yaml.safe_load(path.read_text())
    before = load(path).digest()
    recipe["target"]["max_requests"] = 1000
    recipe["target"]["concurrency"] = 8
    path.write_text(yaml.safe_dump(recipe))
    assert load(path).digest() == before  # budget and pace are no part of what the run is
    endpoint.recipe = path
    endpoint.run(run, until="triage")
    assert set(fault_server.seen.arrived.values()) == {1}
    attempts = rows(run / "base" / "attempts" / "train.jsonl")
    asked = {body["messages"][-1]["content"] for body in fault_server.seen.bodies}
    texts = {json.dumps({"value": answer_to(prompt)}) for prompt in asked}
    assert {attempt["text"] for attempt in attempts} <= texts
    assert {attempt["finish"] for attempt in attempts} == {"stop"}
    assert all(attempt["tokens"] for attempt in attempts)


def test_no_endpoint_takes_up_a_checkpoint(endpoint, tmp_path):
    with pytest.raises(ExtensionError, match=r"cannot take up the checkpoint .* --until group"):
        endpoint.run(tmp_path / "run", *endpoint.changes, "warmup.examples=4")


def test_a_recipe_that_trains_nothing_ends_after_selection(endpoint, tmp_path):
    endpoint.run(tmp_path / "run", *endpoint.changes, "train=null", "diagnose=verdict-reason")
    manifest = json.loads((tmp_path / "run" / "run.json").read_text())
    assert manifest["stages"][-1]["stage"] == "select"
    assert "trains nothing" in manifest["ended"]
    with pytest.raises(RecipeError, match="warmup: no trainer"):
        endpoint.prepared(tmp_path, [*endpoint.changes, "train=null", "warmup.examples=4"])


def test_a_cap_in_dollars_needs_prices(endpoint, tmp_path):
    with pytest.raises(RecipeError, match=r"target.max_usd: a cap in dollars needs prices"):
        endpoint.prepared(tmp_path, [*endpoint.changes, "target.max_usd=1"])


def target_at(url, path, **changes):
    services = Services(
        domain=None,
        random=lambda name: stream(0, name),
        problems=lambda name: (),
        sets=(),
        target=lambda: None,
        embedder=lambda: None,
        cache=path,
        progress=lambda done, total: None,
        directory=path,
    )
    given = settings(url)
    assert isinstance(given, InstructorSettings)
    return EndpointTarget(OpenAIClient(given), given, CallsUse(retries=0, **changes), services)


def asking(*texts, stop=()):
    return [TargetPrompt(messages=(Message(role="user", content=t),), stop=stop) for t in texts]


def test_what_came_to_nothing_is_said_of_the_one_it_happened_to(fault_server, tmp_path):
    target = target_at(fault_server.url, tmp_path)
    found = target.generate(asking("one", "fault=500*9 two", "fault=length*9 three"))
    assert [made.finish for made in found] == ["stop", "unanswered", "length"]
    assert found[1].text == ""


def test_a_finished_answer_is_cut_where_a_local_target_would_stop(fault_server, tmp_path):
    target = target_at(fault_server.url, tmp_path)
    [plain] = target.generate(asking("one"))
    [cut] = target.generate(asking("one", stop=(r"value\"",)))
    assert cut.text == plain.text[: plain.text.index('value"') + 6]


def test_samples_are_asked_for_one_by_one_and_kept(fault_server, tmp_path):
    target = target_at(fault_server.url, tmp_path)
    prompts = asking("one", "one", "two")
    target.sample(prompts, 0.7, [Random(n) for n in range(3)])
    assert sum(fault_server.seen.arrived.values()) == 3
    assert {body["temperature"] for body in fault_server.seen.bodies} == {0.7}
    target.sample(prompts, 0.7, [Random(n) for n in range(3)])
    assert sum(fault_server.seen.arrived.values()) == 3
