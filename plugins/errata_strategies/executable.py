"""The verifier ``executable``: a program by the instructor must compute the candidate's answer.

The instructor is shown the question alone. Its program is code that nobody has read; it runs in a
process of its own (``errata.confinement``), and what it prints last is compared by the domain. The
verifier is off unless a recipe names it.

Guarded against, with ``isolation: full``: endless loops, memory and fork bombs, files (it sees the
interpreter and system libraries, read-only, and 16 MB of its own), the network, the environment,
other processes and their signals, descriptors of this process, endless output. On a machine without
the means ``errata check`` says so, and nothing runs.

With ``isolation: limits``: time, memory, the size of files, the environment, descriptors and output;
and, where the system has a call filter (seccomp), processes, signals and the network. Files are open to
the program as they are to you: for a machine that may be lost.

Not guarded against: flaws of the kernel. Not covered: a program that prints a result without
computing it (it is compared all the same), and mistakes that program and candidate share.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from errata import confinement
from errata.parts import Services, Verifier
from errata.prompting import Purpose
from errata.records import Candidate, Objection
from errata_strategies.drafting import objection_to
from errata_strategies.settings import ExecutableSettings

_SCRIPT = Path(confinement.__file__)
_MOST_OUTPUT = 1 << 16


class Program(BaseModel):
    """A program as an instructor wrote it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    program: str = Field(description="the whole Python program, without fences")


PROGRAM = Purpose(
    name="program",
    template=Path(__file__).parent / "prompts" / "program.md",
    variables={"question": "the question that the program is to answer"},
    reply=Program,
)


@dataclass(frozen=True)
class Ran:
    """What a program printed, and how it failed: ``failure`` is empty when it ended well."""

    output: str
    failure: str = ""


class Executable(Verifier):
    """Runs as many programs at once as there are processors.

    Raises LookupError when the machine has not the isolation that is asked for.
    """

    name = "executable"

    def __init__(self, settings: ExecutableSettings, services: Services) -> None:
        mistakes = lacking(settings)
        if mistakes:
            raise LookupError(mistakes[0])
        self._settings, self._services = settings, services
        self._at_once = asyncio.Semaphore(os.cpu_count() or 1)

    async def verify(self, candidate: Candidate) -> Objection | None:
        """``wrong-answer`` for another result, ``unreadable`` for a program that gives none, or the
        reason why there is no program."""
        problem, given = candidate.body.problem, self._settings.temperature
        prompt = self._services.prompts.render(
            PROGRAM,
            {"question": problem.question},
            about=candidate.id,
            sampling={} if given is None else {"temperature": given},
        )
        answer = await self._services.ask(prompt)
        if answer.value is None:
            return objection_to(answer).model_copy(update={"by": self.name})
        program = unfenced(answer.value.program)
        async with self._at_once:
            ran = await asyncio.to_thread(run, program, self._settings)
        return self._compared(problem.answer, program, ran)

    def _compared(self, answer: str, program: str, ran: Ran) -> Objection | None:
        lines = [line.strip() for line in ran.output.splitlines() if line.strip()]
        printed = lines[-1][:500] if lines else ""
        evidence: dict[str, JsonValue] = {
            "answer": answer,
            "printed": printed,
            "program": program[:4000],
        }
        failure = ran.failure or ("" if printed else "it prints nothing")
        if not failure:
            verdict = self._services.domain.equal("program", answer, printed)
            if verdict.outcome == "right":
                return None
            if verdict.outcome == "wrong":
                return Objection(
                    reason="wrong-answer",
                    detail=f"a program comes to {printed[:80]}, the answer is {answer[:80]}",
                    by=self.name,
                    evidence=evidence,
                )
            failure = f"what it prints cannot be compared ({verdict.reason})"
        detail = f"no result from a program: {failure}"
        return Objection(reason="unreadable", detail=detail, by=self.name, evidence=evidence)


def unfenced(program: str) -> str:
    """A program without the fence around it."""
    lines = program.strip().splitlines()
    if lines and lines[0].startswith("```"):
        lines = lines[1:-1] if lines[-1].startswith("```") else lines[1:]
    return "\n".join(lines) + "\n"


def lacking(settings: ExecutableSettings) -> Sequence[str]:
    """Why no program can run on this machine as ``settings`` ask; empty when one can."""
    if os.name != "posix":
        return ["programs run on Linux only; leave the verifier `executable` out"]
    ran = run("print(1)", settings)
    if ran.output.strip() == "1":
        return []
    mistake = (
        f"programs cannot be isolated on this machine ({ran.failure}); run where user namespaces are"
        " allowed (Linux 5.12 or later), leave the verifier `executable` out, or give it"
        " `isolation: limits` on a machine that may be lost"
    )
    return [mistake]


def run(program: str, settings: ExecutableSettings) -> Ran:
    """Run a program; never raises for what it does. Blocks for ``seconds`` of processor time, or twice
    that and five seconds of waiting, at most."""
    asked = settings.model_dump(include={"isolation", "seconds", "megabytes"})
    command = [sys.executable, "-I", "-B", str(_SCRIPT), json.dumps(asked)]
    with (
        tempfile.TemporaryDirectory(prefix="errata-program-") as folder,
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
    ):
        process = subprocess.Popen(  # noqa: S603 our own interpreter and script
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=errors,
            cwd=folder,
            env={},
            close_fds=True,
            start_new_session=True,
        )
        late = False
        try:
            process.communicate(program.encode("utf-8", "replace"), 2 * settings.seconds + 5)
        except subprocess.TimeoutExpired:
            late = True
        finally:
            _end(process)
        told = _text(errors)
        return Ran(_text(output), "it does not end" if late else _how(process.returncode, told))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the program's session, and reap its first process."""
    with suppress(ProcessLookupError):  # nothing is left
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        with suppress(OSError):  # what was buffered for a process that died
            process.stdin.close()


def _text(file: IO[bytes]) -> str:
    """The end of what was written."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _MOST_OUTPUT))
    return file.read(_MOST_OUTPUT).decode("utf-8", "replace")


def _how(code: int, told: str) -> str:
    lines = [line for line in told.splitlines() if line.strip()]
    last = lines[-1].strip()[:200] if lines else ""
    if code == 0:
        return ""
    if code == confinement.UNABLE:
        return f"isolation: {last}"
    number = -code if code < 0 else code - 128
    if number in (signal.SIGXCPU, signal.SIGKILL):
        return "it ran past its time or memory"
    return last or f"it ended with status {code}"
