"""Hostile programs never count as right and never harm the host."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from errata_code.sandbox.pool import Check, Limits, NoSandbox, Ran, Sandbox
from hostile.programs import ATTACKS, ENDLESS, RIGHT, TESTS, TRICKS, WRONG

LIMITS = Limits(seconds=1, megabytes=256)
LEVELS = {"namespaces": "full", "filter": "filter"}


@pytest.fixture(
    scope="module", params=["namespaces", pytest.param("filter", marks=pytest.mark.slow)]
)
def sandbox(request):
    made = Sandbox(LEVELS[request.param], LIMITS)
    try:
        assert made.level == request.param
    except NoSandbox as error:
        pytest.skip(f"this machine has no {request.param}: {error}")
    yield made
    made.close()


@pytest.fixture(scope="module")
def any_sandbox():
    made = Sandbox("auto", LIMITS)
    try:
        assert made.level
    except NoSandbox as error:
        pytest.skip(f"this machine has no sandbox: {error}")
    yield made
    made.close()


def checked(sandbox: Sandbox, program: str, tests: str = TESTS) -> Ran:
    """The result, after which the sandbox still works."""
    begun = time.monotonic()
    ran = sandbox.check(Check(program, tests, "f"))
    assert time.monotonic() - begun < LIMITS.wall + 10
    assert sandbox.check(Check(RIGHT, TESTS, "f")) == Ran("right")
    return ran


@pytest.mark.parametrize("program", TRICKS.values(), ids=TRICKS)
def test_tricks_do_not_pass(program, any_sandbox) -> None:
    assert checked(any_sandbox, program).outcome == "wrong"


def test_nothing_stands_in_for_a_module_of_the_tests(any_sandbox) -> None:
    posing = "class math:\n    isclose = staticmethod(lambda *a: True)\n"
    tests = "assert math.isclose(f(2), 4)"
    assert checked(any_sandbox, posing + WRONG, tests).outcome == "wrong"
    assert checked(any_sandbox, "import math\n" + RIGHT, tests).outcome == "right"


@pytest.mark.parametrize("program", ATTACKS.values(), ids=ATTACKS)
def test_attacks_fail(program, sandbox) -> None:
    """Each would end by an exception or a signal; what follows it, a right program, is not reached."""
    ran = checked(sandbox, f"{program}\n{RIGHT}")
    assert (ran.outcome, ran.reason == "wrong value") == ("wrong", False)


@pytest.mark.slow
@pytest.mark.parametrize("program", ENDLESS.values(), ids=ENDLESS)
def test_what_does_not_end_is_wrong(program, any_sandbox) -> None:
    tests = "assert sorted(f(2)) == [4]" if "count" in program else TESTS
    ran = checked(any_sandbox, program, tests)
    assert ran.outcome == "wrong"
    assert ran.reason in ("timeout", "wrong value", "crash")
    assert ran.reason == "timeout" or "count" in program


def test_sleep_is_ended_by_the_clock(any_sandbox) -> None:
    assert checked(any_sandbox, "import time\ntime.sleep(10**6)").reason == "timeout"


@pytest.mark.parametrize(
    "deed",
    [
        "open(p, 'w').write('x')",
        "open(p, 'a').write('x')",
        "open(p, 'r+').write('x')",
        "os.open(p, os.O_WRONLY)",
        "os.truncate(p, 0)",
        "os.unlink(p)",
        "os.rename(p, p + '2')",
        "os.chmod(p, 0)",
        "os.utime(p)",
        "os.mkdir(p + '2')",
        "os.symlink(p, p + '2')",
        "os.link(p, p + '2')",
        "os.symlink(p, '/tmp/way'); open('/tmp/way', 'w').write('x')",
        "ctypes.CDLL(None).creat(p.encode(), 0o600) >= 0 or 1 / 0",
        (
            "ctypes.CDLL(None).syscall(437, -100, p.encode(), ctypes.byref("
            "(ctypes.c_uint64 * 3)(os.O_WRONLY, 0, 0)), 24) >= 0 or 1 / 0"
        ),
        "os.close(1); os.open('/dev/mem', os.O_RDWR)",
        "open(os.__file__, 'a')",
        "shutil.rmtree(os.path.dirname(p))",
    ],
)
def test_nothing_outside_is_written(deed, sandbox, tmp_path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine")
    before = kept.stat()
    ran = checked(sandbox, f"import ctypes, os, shutil\np = {str(kept)!r}\n{deed}\n{RIGHT}")
    assert ran.outcome == "wrong"
    assert kept.read_text() == "mine"
    assert (kept.stat().st_mtime_ns, kept.stat().st_mode) == (before.st_mtime_ns, before.st_mode)
    assert list(tmp_path.iterdir()) == [kept]


def test_nothing_of_the_host_is_there(sandbox, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SECRET", "hidden")
    (tmp_path / "kept").write_text("mine")
    with (tmp_path / "kept").open() as open_file:
        os.set_inheritable(open_file.fileno(), True)
        program = (
            "import os\n"
            "def there(fd):\n"
            "    try: os.fstat(fd)\n"
            "    except OSError: return False\n"
            "    return True\n"
            "def f():\n"
            "    return [sorted(os.environ), [n for n in range(64) if there(n)]]\n"
            f"def seen(): return os.path.exists({str(tmp_path / 'kept')!r})\n"
            "def first(): return os.getpid()\n"
        )
        tests = (
            "names, descriptors = f()\n"
            "assert 'SECRET' not in names and len(names) < 6, names\n"
            "assert descriptors == [0, 1, 2, 3], descriptors\n"
        )
        if sandbox.level == "namespaces":
            tests += "assert not seen()\nassert first() == 2\n"
        ran = sandbox.check(Check(program, tests, "f"))
    assert ran == Ran("right")


def test_a_check_leaves_nothing_for_the_next(any_sandbox) -> None:
    if any_sandbox.level != "namespaces":
        pytest.skip("without namespaces nothing can be written at all")
    leaving = "open('/tmp/x', 'w').write('x')\nimport builtins\nbuiltins.left = 1\n" + RIGHT
    finding = (
        "import builtins, os\nif os.path.exists('/tmp/x') or hasattr(builtins, 'left'): 1 / 0\n"
    )
    for _ in range(2 * (os.cpu_count() or 1)):
        assert any_sandbox.check(Check(leaving, TESTS, "f")) == Ran("right")
        assert any_sandbox.check(Check(finding + RIGHT, TESTS, "f")) == Ran("right")


def test_no_process_is_left(sandbox) -> None:
    for program in (ATTACKS["fork bomb"], ATTACKS["threads"], ENDLESS["catches the warning"]):
        assert checked(sandbox, program).outcome == "wrong"
    (server,) = {server._process.pid for server in sandbox._idle}
    assert Path(f"/proc/{server}/stat").exists()
    assert [pid for pid, parent in _parents() if parent == server] == []


def test_the_sandbox_ends_with_its_maker(tmp_path) -> None:
    """Also when the maker is killed while a check runs."""
    told = tmp_path / "server"
    program = (
        "import os, pathlib, threading\n"
        "from errata_code.sandbox.pool import Check, Limits, Sandbox\n"
        "sandbox = Sandbox('auto', Limits(60, 256))\n"
        "assert sandbox.level\n"
        "(server,) = sandbox._idle\n"
        "asleep = Check('import time; time.sleep(1000)', 'assert f(2)', 'f')\n"
        "threading.Thread(target=sandbox.check, args=(asleep,)).start()\n"
        f"pathlib.Path({str(told)!r}).write_text(f'{{server._process.pid}}\\n')\n"
    )
    maker = subprocess.Popen([sys.executable, "-c", program])
    _until(lambda: (told.exists() and told.read_text().endswith("\n")) or maker.poll() is not None)
    if maker.poll():
        pytest.skip("this machine has no sandbox")
    server = int(told.read_text())
    _until(lambda: any(parent == server for _, parent in _parents()))
    maker.kill()
    maker.wait()
    _until(lambda: not any(server in pair for pair in _parents()))


def _until(holds) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _parents() -> list[tuple[int, int]]:
    """Every process and its parent."""
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with suppress(OSError):  # it has just ended
                fields = (path / "stat").read_text().rpartition(")")[2].split()
                found.append((int(path.name), int(fields[1])))
    return found
