"""Programs: their results, their failures, and what hostile ones cannot do."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from uuid import uuid4

import pytest

from errata_strategies import executable
from errata_strategies.executable import lacking, run, unfenced
from errata_strategies.settings import ExecutableSettings
from scripted import verifying as asking
from scripted.asking import failing

QUICK = ExecutableSettings(seconds=1, megabytes=256)
MISTAKES = lacking(QUICK)
isolated = pytest.mark.skipif(bool(MISTAKES), reason="".join(MISTAKES))


def program(text):
    return {"program": {"program": text}}


@isolated
@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("a, b = 2, 3\nprint('working')\nprint(a + b)", None),
        ("```python\nimport sympy\nprint(sympy.Rational(10, 2))\n```", None),
        ("print(6)", "wrong-answer"),
        ("print('Dear me, I cannot say')", "wrong-answer"),
        ("x = 5", "unreadable"),
        ("1/0", "unreadable"),
        ("this is no program", "unreadable"),
        (failing("unanswered"), "unanswered"),
        (failing("refused"), "refused"),
    ],
)
def test_results_are_compared(reply, reason) -> None:
    replies = program(reply) if isinstance(reply, str) else {"program": reply}
    found, asked = asking.verified("executable", replies)
    assert (found.reason if found else None) == reason
    assert "2+3=5" not in asked.asked[0][1]
    if reply == "1/0":
        assert "ZeroDivisionError" in found.detail


HOSTILE = {
    "endless": "while True: pass",
    "asleep": "import time\ntime.sleep(1000)",
    "memory": "x = [0] * 10**9",
    "output": "while True: print('x' * 1000)",
    "fork": "import os\nwhile True: os.fork()",
    "thread": "import threading\nthreading.Thread(target=print).start()",
    "shell": "import subprocess\nsubprocess.run(['sh'])",
    "network": "import socket\nsocket.create_connection(('127.0.0.1', 1))",
    "parent": "import os\nos.kill(os.getppid(), 9)",
    "everyone": "import os\nos.kill(-1, 9)",
    "another session": "import os\nos.setsid()",
    "process table": "import os\nprint(os.listdir('/proc'))",
    "devices": "open('/dev/mem')",
    "accounts": "print(open('/etc/passwd').read())",
    "library": "import sympy\nopen(sympy.__file__, 'a')",
    "large file": "open('/tmp/x', 'wb').write(b'x' * 2**21)",
    "memory file": "import os\nos.memfd_create('x')",
}


@isolated
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_programs_fail_and_end(text) -> None:
    begun = time.monotonic()
    ran = run(text, QUICK)
    assert ran.failure
    assert time.monotonic() - begun < 2 * QUICK.seconds + 10
    assert len(ran.output) <= 1 << 16


@isolated
def test_nothing_of_the_host_is_there(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SECRET", "hidden")
    kept = tmp_path / "kept"
    kept.write_text("mine")
    with kept.open() as open_file:
        os.set_inheritable(open_file.fileno(), True)
        ran = run(
            "import json, os\n"
            "def there(fd):\n"
            "    try: os.fstat(fd)\n"
            "    except OSError: return False\n"
            "    return True\n"
            "print(json.dumps({'env': 'SECRET' in os.environ, 'here': os.listdir('.'),\n"
            f"  'file': os.path.exists({str(kept)!r}), 'pid': os.getpid(), 'parent': os.getppid(),\n"
            "  'open': [fd for fd in range(3, 64) if there(fd)],\n"
            "  'in': os.read(0, 10).decode()}))",
            QUICK,
        )
    assert json.loads(ran.output) == {
        "env": False, "here": [], "file": False, "pid": 1, "parent": 0, "open": [], "in": "",
    }  # fmt: skip


@isolated
def test_what_it_writes_stays_inside_and_goes_with_it(tmp_path) -> None:
    there = Path("/tmp") / f"{uuid4()}"  # a name that nothing else on this machine has left there
    ran = run(f"open('{there}', 'w').write('x')\nprint(open('{there}').read())", QUICK)
    assert (ran.output, ran.failure) == ("x\n", "")
    assert not there.is_file()
    ran = run(
        f"import os\nos.makedirs({str(tmp_path)!r})\nopen({str(tmp_path / 'x')!r}, 'w')", QUICK
    )
    assert not (tmp_path / "x").exists()


def test_limits_alone_still_end_a_program() -> None:
    limits = QUICK.model_copy(update={"isolation": "limits"})
    if lacking(limits):
        pytest.skip(lacking(limits)[0])
    assert run("import os\nprint(len(os.environ) < 3)", limits).output == "True\n"
    assert run("while True: pass", limits).failure == "it ran past its time or memory"
    assert run("x = [0] * 10**9", limits).failure == "MemoryError"


def test_a_machine_without_isolation_says_so(monkeypatch) -> None:
    unable = executable.Ran("", "isolation: unshare: Operation not permitted")
    monkeypatch.setattr(executable, "run", lambda *_: unable)
    [mistake] = lacking(QUICK)
    assert "unshare: Operation not permitted" in mistake
    assert "`isolation: limits`" in mistake
    with pytest.raises(LookupError, match="cannot be isolated"):
        asking.made("executable")


def test_programs_run_side_by_side() -> None:
    if MISTAKES:
        pytest.skip(MISTAKES[0])
    verifier, _ = asking.made("executable", program("print(5)"))

    async def all_of_them():
        return await asyncio.gather(*(verifier.verify(asking.candidate()) for _ in range(4)))

    assert asyncio.run(all_of_them()) == [None] * 4


def test_fences_are_taken_off() -> None:
    assert unfenced("```python\nprint(1)\n```\n") == "print(1)\n"
    assert unfenced("print(1)") == "print(1)\n"
