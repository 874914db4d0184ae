"""A run whose diagnoser asks an instructor: over real HTTP, capped, raised, resumed, replayed."""

from __future__ import annotations

import shutil

import pytest
import yaml

from errata.calls.replaying import ReplayPlugin
from errata.calls.typed import Prompt
from errata.errors import BudgetSpent, ExtensionError, RecipeError
from errata.hooks import hookimpl
from errata.loop import loop
from errata.parts import Part, Settings
from errata.plugins import Installed
from errata.recipe import load
from errata.records import Diagnosis, Message
from errata.run import Paused
from errata_openai.plugin import OpenAIPlugin
from faults.client import Value
from faults.server import PROMPT_TOKENS, REPLY_TOKENS, answer_to

PRICES = ["instructor.usd_per_million_prompt_tokens=1", "instructor.usd_per_million_reply_tokens=1"]


class Asks:
    """Asks the instructor about every bad case; a failure is data."""

    def __init__(self, services):
        self.services = services

    async def diagnose(self, case):
        text = f"{case.problem.question} / {case.attempt.text}"
        prompt = Prompt((Message(role="user", content=text),), Value, about=case.attempt.id)
        answer = await self.services.ask(prompt)
        phrase = answer.value.value if answer.value else answer.failure
        assert phrase == answer_to(text)
        return Diagnosis(problem_id=case.problem.id, keyphrase=phrase[:1])


class AskingPlugin:
    @hookimpl
    def errata_parts(self):
        def make(settings, services):
            return Asks(services)

        return [
            Part(name="asks", kind="diagnoser", settings=Settings, make=make, needs_instructor=True)
        ]


@pytest.fixture
def asking(roman, fault_server):
    for name, plugin in (
        ("asks", AskingPlugin),
        ("openai", OpenAIPlugin),
        ("replay", ReplayPlugin),
    ):
        roman.plugins.append(Installed(name, f"{plugin.__module__}:x", name, plugin))
    roman.changes = [
        "diagnose=asks",
        "instructor.use=openai",
        "instructor.model=scripted",
        f"instructor.base_url={fault_server.url}",
        "instructor.api_key_env=''",
        "instructor.max_reply_tokens=50",
        "rounds=1",
    ]
    return roman


def diagnoses(folder):
    return (folder / "round-1" / "diagnoses.jsonl").read_bytes()


def test_capped_raised_and_resumed(asking, fault_server, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(BudgetSpent, match=r"instructor.max_requests is 10: 10 have been sent.*"):
        asking.run(run, *asking.changes, "instructor.max_requests=10")
    assert sum(fault_server.seen.arrived.values()) == 10
    # what the message says: the cap is raised in the run's own recipe, which stays the same recipe
    path = run / "recipe.yaml"
    recipe = yaml.safe_load(path.read_text())
    assert recipe["instructor"]["max_requests"] == 10
    before = load(path).digest()
    recipe["instructor"]["max_requests"] = 1000
    path.write_text(yaml.safe_dump(recipe))
    assert load(path).digest() == before
    asking.recipe = path
    asking.run(run, until="diagnose")
    lines = diagnoses(run).splitlines()
    assert len(lines) > 10
    assert set(fault_server.seen.arrived.values()) == {1}
    assert len(fault_server.seen.arrived) == len(lines)


def test_replayed_for_nothing_with_the_same_bytes(asking, fault_server, tmp_path):
    asking.run(tmp_path / "run", *asking.changes, until="diagnose")
    sent = len(fault_server.seen.bodies)
    shutil.copy(tmp_path / "run" / "calls.sqlite", tmp_path / "given.sqlite")
    replay = ["instructor.use=replay", f"instructor.ledger={tmp_path / 'given.sqlite'}"]
    asking.run(tmp_path / "again", *asking.changes, *replay, until="diagnose")
    assert diagnoses(tmp_path / "again") == diagnoses(tmp_path / "run")
    assert len(fault_server.seen.bodies) == sent


def test_mistakes_about_instructors_are_found_before_a_run(asking, tmp_path):
    with pytest.raises(RecipeError) as caught:
        asking.prepared(
            tmp_path,
            [*asking.changes, "instructor.max_usd=5", "instructor.stages.train.max_usd=1"],
        )
    assert "a cap in dollars needs prices" in str(caught.value)
    assert "no stage 'train' asks an instructor" in str(caught.value)
    asking.prepared(tmp_path, [*asking.changes, *PRICES, "instructor.max_usd=5"])
    with pytest.raises(RecipeError, match="diagnose: diagnoser 'asks' needs an instructor"):
        asking.prepared(tmp_path, ["diagnose=asks"])


def test_a_part_that_does_not_say_it_needs_one(asking, tmp_path):
    class Undeclared:
        @hookimpl
        def errata_parts(self):
            def make(settings, services):
                return Asks(services)

            return [Part(name="undeclared", kind="diagnoser", settings=Settings, make=make)]

    asking.plugins.append(Installed("undeclared", "x:x", "x", Undeclared))
    with pytest.raises(ExtensionError, match="the recipe has no instructor to ask"):
        asking.run(tmp_path / "run", "diagnose=undeclared")


def test_a_key_that_is_not_set_is_named(asking, tmp_path, monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(RecipeError, match=r"instructor: .*NO_SUCH_KEY is not set"):
        asking.prepared(tmp_path / "run", [*asking.changes, "instructor.api_key_env=NO_SUCH_KEY"])
    assert not (tmp_path / "run").exists()


class Listens:
    """Keeps what is told about asking."""

    def __init__(self):
        self.lives, self.sentences = [], []

    @hookimpl
    def errata_asking_progress(self, live):
        self.lives.append(live)

    @hookimpl
    def errata_asking_waits(self, sentence):
        self.sentences.append(sentence)


def test_observers_hear_how_asking_goes(asking, fault_server, tmp_path):
    fault_server.endpoint.script.latency = 0.3
    changes = [*asking.changes, *PRICES, "instructor.concurrency=4"]
    run = asking.prepared(tmp_path / "run", changes, "diagnose")
    listens = Listens()
    run.active.register("listens", listens)
    with pytest.raises(Paused):
        loop(run)
    cases = len(diagnoses(tmp_path / "run").splitlines())
    assert len(listens.lives) > 3
    assert {live.total for live in listens.lives} == {cases}
    assert max(live.in_flight for live in listens.lives) == 4
    done = [live.done for live in listens.lives]
    assert done == sorted(done)
    assert done[-1] == cases
    last = listens.lives[-1]
    tokens = PROMPT_TOKENS + REPLY_TOKENS
    assert (last.spent.requests, last.spent.tokens) == (cases, cases * tokens)
    assert last.spent.usd == pytest.approx(cases * tokens / 1e6)
    # every request costs the same, so what is projected towards the end is what it comes to
    late = [live.projected for live in listens.lives if live.projected and live.done < cases]
    assert late
    assert late[-1].tokens == pytest.approx(cases * tokens, rel=0.3)
    assert run.active.complaints == []
    assert listens.sentences == []


def test_a_run_that_asks_nobody_tells_nothing(asking, tmp_path):
    run = asking.prepared(tmp_path / "run", ["rounds=1"], "synthesize")
    listens = Listens()
    run.active.register("listens", listens)
    with pytest.raises(Paused):
        loop(run)
    assert listens.lives == []
