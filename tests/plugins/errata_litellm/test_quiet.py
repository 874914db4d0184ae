"""LiteLLM does what it is asked to and nothing else: a fresh process, watched by audit hooks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

WATCHED = """
import json, os, sys, warnings
met = []
def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.connect"):
        met.append([event, str(arguments)])
    if event == "open" and str(arguments[0]).endswith(".env"):
        met.append([event, str(arguments[0])])
sys.addaudithook(watch)
import asyncio
from errata_litellm.plugin import LiteLLMPlugin, make_client, mistakes
from errata_litellm.settings import LiteLLMSettings
from errata.records import Message
assert "litellm" not in sys.modules, "imported before it is used"
os.environ["ANTHROPIC_API_KEY"] = "dummy"
url = sys.argv[1]
for model in ("openai/scripted", "anthropic/claude-sonnet-4-5"):
    settings = LiteLLMSettings(model=model, api_base=url, max_reply_tokens=8)
    mistakes(settings)
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    for prompt in ("well", "fault=500*9", "fault=malformed*9", "fault=wrong-type*9"):
        async def ask():
            client = make_client(settings, None)
            request = client.request((Message(role="user", content=prompt),), schema, {}, 0)
            try:
                await client.complete(request)
            except Exception as error:
                assert "answered" in str(error) or "completion" in str(error) or "Err" in str(error)
            await client.close()
        asyncio.run(ask(), debug=True)
import litellm
assert litellm.model_cost, "the table was not loaded"
assert "OPENAI_API_KEY" not in os.environ, "read from .env"
print(json.dumps([entry for entry in met if "127.0.0.1" not in entry[1]]))
"""


def test_no_other_address_no_env_file_no_output(fault_server, tmp_path: Path):
    (tmp_path / ".env").write_text("OPENAI_API_KEY=from-a-file\n")
    found = subprocess.run(
        [sys.executable, "-X", "dev", "-c", WATCHED, fault_server.url],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PATH": "", "HOME": str(tmp_path)},
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == []  # and nothing else was printed
    noise = [line for line in found.stderr.splitlines() if "Unclosed" in line or "LiteLLM" in line]
    assert noise == []


def test_a_recipe_is_read_without_it():
    code = (
        "import sys; from errata_litellm.plugin import LiteLLMPlugin as P;"
        " p, _ = P().errata_parts(); s = p.settings(model='openai/gpt-4o');"
        " s.prices(); s.takes_schema(); sys.exit('litellm' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


NOT_INSTALLED = """
import asyncio, importlib.machinery as machinery, importlib.util, json, sys
found_elsewhere = machinery.PathFinder.find_spec
class Rest:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return None if name.split(".")[0] == "litellm" else found_elsewhere(name, path, target)
sys.meta_path = [Rest if finder is machinery.PathFinder else finder for finder in sys.meta_path]
assert importlib.util.find_spec("litellm") is None
from errata.calls.asking import Asking
from errata.calls.budget import Budget
from errata.calls.ledger import Ledger
from errata.calls.pacing import Limits, Pace
from errata.calls.replaying import Replay, ReplaySettings
from errata.calls.sending import Calls
from errata.calls.typed import Prompt
from errata.records import Message
from errata.seeds import stream
from faults.client import Value
from pathlib import Path
section, prompts, own = json.loads(sys.argv[1])
async def ask_all():
    replay = Replay(ReplaySettings.model_validate(section))
    ledger = Ledger(Path(own))
    async with Calls(replay, ledger, Budget({}), Pace(Limits(4), stream(0, "pace"))) as calls:
        ask = Asking(calls, replay)
        answers = [await ask(Prompt((Message(role="user", content=p),), Value)) for p in prompts]
    ledger.close()
    return [answer.value.value for answer in answers]
print(json.dumps(asyncio.run(ask_all())))
"""


@pytest.mark.parametrize(
    ("model", "with_schema"), [("openai/scripted", True), ("openrouter/scripted", False)]
)
def test_a_colleague_without_litellm_replays_what_auto_decided(
    litellm_client, fault_server, tmp_path, asked, model, with_schema
):
    prompts = ["well", "fault=prose*1"]
    section = {"model": model, "api_base": fault_server.url, "api_key_env": "", "max_usd": 5}
    client = litellm_client(fault_server.url, model=model)
    assert client.takes_schema is with_schema
    paid = asked(client, tmp_path / "calls.sqlite", prompts)
    sent = len(fault_server.seen.bodies)
    assert all(("response_format" in body) is with_schema for body in fault_server.seen.bodies)
    replayed = {**section, "ledger": str(tmp_path / "calls.sqlite"), "max_reply_tokens": 8}
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            NOT_INSTALLED,
            json.dumps([replayed, prompts, str(tmp_path / "own.sqlite")]),
        ],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env={"PYTHONPATH": "."},
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == paid
    assert len(fault_server.seen.bodies) == sent
