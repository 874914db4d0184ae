"""The warm process: confines itself once, then forks two confined processes for each check.

It speaks on the socket whose number is its argument: a message of its own first (the level of isolation
that the machine allows), then for each request, which brings a socket to the check, one answer when
every process of the check is gone. It never reads a program or a test itself: those go over the socket
of the check, to the process that needs them and no other, so nothing of a check stays for the next.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import random
import resource
import select
import signal
import socket
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from errata import confinement
from errata_code.sandbox.judge import judged
from errata_code.sandbox.program import Ended, Program
from errata_code.sandbox.wire import receive, send

_WARM = (
    "array bisect cmath collections copy datetime decimal fractions functools heapq itertools json"
    " math operator queue random re statistics string types typing"
)
_CLONE = {"x86_64": 56, "aarch64": 220}
_CHANNEL = 3
_MOST_DESCRIPTORS = 256


def main() -> None:
    """Serve until the socket closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    isolation = sys.argv[2]
    for name in _WARM.split():
        import_module(name)
    level, why = _confined(isolation)
    control.send(json.dumps({"level": level, "why": why}).encode())
    if not level:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    gc.collect()
    gc.freeze()
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1 << 12, 1)
        if not message:
            return
        answer = _checked(control, descriptors[0], json.loads(message), level)
        control.send(json.dumps(answer).encode())


def _confined(isolation: str) -> tuple[str, str]:
    """What isolation there is, and why it is not full: "namespaces", "filter" or "" (none)."""
    if not confinement.known():
        return "", f"no system call filter for {sys.platform} on this processor"
    if isolation == "filter":
        return "filter", ""
    kinds = confinement.NEW_USER | confinement.NEW_NETWORK | confinement.NEW_MOUNTS
    # In a process of its own: half a confinement cannot be taken back.
    probe = os.fork()
    if not probe:
        with Ended() as ended:
            confinement.private(kinds | confinement.NEW_IPC | confinement.NEW_PROCESSES)
            confinement.other_files()
        if ended.error is not None:
            Path("why").write_text(f"{ended.error}", encoding="utf-8")
        os._exit(ended.error is not None)
    if os.waitpid(probe, 0)[1]:
        why = Path("why").read_text(encoding="utf-8")
        Path("why").unlink()
        return ("", why) if isolation == "full" else ("filter", why)
    confinement.private(kinds | confinement.NEW_IPC)
    confinement.other_files()
    return "namespaces", ""


def _checked(
    control: socket.socket, check: int, limits: dict[str, Any], level: str
) -> dict[str, Any]:
    """Have one check run; ``late`` tells that it was ended."""
    end, end_of_check = os.pipe()
    try:
        pid = _forked(level)
    except OSError as error:
        for descriptor in (check, end, end_of_check):
            os.close(descriptor)
        return {"failure": str(error)}
    if not pid:
        os.close(end)
        control.close()
        with Ended() as ended:
            _check(check, limits, level == "namespaces")
        with Ended():
            send(check, {"outcome": "undecided", "reason": f"the sandbox failed: {ended.error!r}"})
        os._exit(1)
    os.close(check)
    os.close(end_of_check)
    late = _waited(control, end, limits["wall"])
    os.close(end)
    os.kill(pid, signal.SIGKILL)
    with Ended():  # the group is gone with its first process, where there are namespaces
        os.killpg(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return {"late": late, "status": os.waitstatus_to_exitcode(status)}


def _waited(control: socket.socket, end: int, seconds: float) -> bool:
    """Wait until every process of the check has let go; true if that took too long."""
    poll, deadline = select.poll(), time.monotonic() + seconds
    poll.register(end, select.POLLIN)
    poll.register(control, 0)
    while (left := deadline - time.monotonic()) > 0:
        found = [descriptor for descriptor, _ in poll.poll(1000 * left)]
        if end in found:
            return False
        if found:  # the parent has gone: nobody wants to know
            return True
    return True


def _forked(level: str) -> int:
    """``fork``, in process, mount and IPC namespaces of its own where there are any."""
    if level != "namespaces":
        return os.fork()
    python = ctypes.pythonapi
    kinds = confinement.NEW_PROCESSES | confinement.NEW_MOUNTS | confinement.NEW_IPC
    number = _CLONE[os.uname().machine]
    call = ctypes.PyDLL(None, use_errno=True).syscall  # holds the interpreter's lock, as fork does
    python.PyOS_BeforeFork()
    pid = call(number, kinds | signal.SIGCHLD, 0, 0, 0, 0)
    error = ctypes.get_errno()
    python.PyOS_AfterFork_Parent() if pid else python.PyOS_AfterFork_Child()
    if pid < 0:
        raise OSError(error, f"clone: {os.strerror(error)}")
    return int(pid)


def _check(check: int, limits: dict[str, Any], full: bool) -> None:
    """The first process of a check: starts the program in a second one and becomes its judge."""
    os.setsid()
    os.umask(0o077)
    if full:
        confinement.fresh_tmp(Path("/tmp"))  # noqa: S108 the check's own
    else:
        confinement.die_with_parent()
    os.chdir("/tmp" if full else "/")  # noqa: S108 the same
    random.seed(0)
    program = receive(check)
    ours, theirs = socket.socketpair()
    child = os.fork()
    if not child:
        with Ended():
            _program(theirs, program, limits, full)
        os._exit(1)
    theirs.close()
    _limited(limits, full)
    tests, entry = receive(check)
    send(check, judged(ours.fileno(), tests, entry, child))
    os._exit(0)


def _program(channel: socket.socket, text: str, limits: dict[str, Any], full: bool) -> None:
    """The second process: it has the program, and a channel to the judge as its only descriptor."""
    os.dup2(channel.detach(), _CHANNEL)
    os.closerange(_CHANNEL + 1, _MOST_DESCRIPTORS)
    confinement.die_with_parent()
    _limited(limits, full)
    Program(_CHANNEL).serve(text)


def _limited(limits: dict[str, Any], full: bool) -> None:
    confinement.limited(limits["seconds"], limits["megabytes"], alone=True)
    if not full:
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    confinement.unprivileged()
    confinement.filtered(writes=full)
