"""Runs a program that nobody has read, confined: a script for a process of its own (Linux).

``python -I -B confinement.py '{"isolation": "full", …}' < program``. In this order: own user, network,
process, mount and IPC namespaces; a file system of the interpreter and the system's libraries, read-
only, with a small ``/tmp`` in memory; limits on processor time, memory, file sizes and open files; no
privileges; a filter that refuses system calls for processes, programs, sockets, signals and mounts.
Exit status 113 says that the machine has not what is asked for. Nothing here imports errata.

Not covered: flaws of the kernel; timing of the processor's caches; other systems than Linux.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import resource
import signal
import struct
import sys
from pathlib import Path

UNABLE = 113
_NAMESPACES = 0x10000000 | 0x40000000 | 0x20000000 | 0x00020000 | 0x08000000  # user net pid ns ipc
_BIND, _REC, _PRIVATE, _DETACH = 4096, 16384, 1 << 18, 2
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE = 442, -100, 0x8000
_LOCKED = 1 | 2 | 4  # read-only, no set-user-id, no devices
_TMP = "size=16m,nr_inodes=1024,mode=0777"
# What has one number on every architecture: pidfd, io_uring, the mount calls, clone3.
_NEWER = [*range(424, 436), 438, 442]
# For each architecture: its audit number, pivot_root, and what a calculation never needs.
_ARCHITECTURES = {
    "x86_64": (
        0xC000003E,
        155,
        [29, *range(41, 51), 53, 56, 57, 58, 59, 62, 64, 68, 101, 109, 112, 129, 135, 155, 157, 161,
         165, 166, 175, 200, 234, 248, 249, 250, 272, 288, 297, 298, 307, 308, 310, 311, 313, 317,
         319, 321, 322, 323],
    ),
    "aarch64": (
        0xC00000B7,
        41,
        [39, 40, 41, 51, 92, 97, 105, 117, 129, 130, 131, 138, 154, 157, 167, 186, 190, 194,
         *range(198, 204), 206, 211, 217, 218, 219, 220, 221, *range(240, 243), 268, 269, 270, 271,
         273, 277, 279, 280, 281, 282],
    ),
}  # fmt: skip
_LIBC = ctypes.CDLL(None, use_errno=True)


def _call(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def _mount(source: str, target: Path, kind: str, flags: int, data: str = "") -> None:
    target_bytes = os.fsencode(target)
    done = _LIBC.mount(source.encode(), target_bytes, kind.encode(), flags, data.encode())
    _call(done, f"mount {target}")


def _alone() -> None:
    """Own namespaces; goes on in a first process of its own, which dies with this one."""
    user, group = os.getuid(), os.getgid()
    _call(_LIBC.unshare(_NAMESPACES), "unshare")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"65534 {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"65534 {group} 1", encoding="ascii")
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        os._exit(code if code >= 0 else 128 - code)
    _die_with_parent()


def _die_with_parent() -> None:
    _call(_LIBC.prctl(1, signal.SIGKILL, 0, 0, 0), "prctl")


def _other_files(pivot_root: int) -> None:
    """A root with the interpreter and the system's libraries alone, and an empty /tmp."""
    here = Path.cwd()
    _mount("none", Path("/"), "", _REC | _PRIVATE)
    _mount("tmpfs", here, "tmpfs", 0, _TMP)
    for name in dict.fromkeys(("/usr", "/lib", "/lib64", sys.base_prefix, sys.prefix)):
        place, inside = Path(name), here / name.lstrip("/")
        if place.is_symlink():
            inside.symlink_to(place.readlink())
        elif place.is_dir() and not inside.exists():
            inside.mkdir(parents=True)
            _mount(name, inside, "", _BIND | _REC)
            _locked(inside, _AT_RECURSIVE)
    (here / "tmp").mkdir(exist_ok=True)
    _mount("tmpfs", here / "tmp", "tmpfs", 2 | 4, _TMP)
    _locked(here, 0)
    os.chdir(here)
    _call(_LIBC.syscall(pivot_root, b".", b"."), "pivot_root")
    _call(_LIBC.umount2(b".", _DETACH), "umount2")
    os.chdir("/tmp")  # noqa: S108 the new root's own


def _locked(place: Path, flags: int) -> None:
    wanted = struct.pack("=QQQQ", _LOCKED, 0, 0, 0)
    arguments = (_AT_FDCWD, os.fsencode(place), flags, wanted, len(wanted))
    _call(_LIBC.syscall(_MOUNT_SETATTR, *arguments), f"mount_setattr {place}")


def _limited(seconds: float, megabytes: int, alone: bool) -> None:
    most = max(1, round(seconds))
    wanted = {
        resource.RLIMIT_CPU: (most, most + 1),
        resource.RLIMIT_AS: (megabytes << 20, megabytes << 20),
        resource.RLIMIT_FSIZE: (1 << 20, 1 << 20),
        resource.RLIMIT_NOFILE: (64, 64),
        resource.RLIMIT_CORE: (0, 0),
    }
    if not alone:
        wanted[resource.RLIMIT_NPROC] = (0, 0)
    for limit, values in wanted.items():
        resource.setrlimit(limit, values)


def _unprivileged() -> None:
    _call(_LIBC.prctl(38, 1, 0, 0, 0), "no_new_privs")
    header, nothing = struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", *[0] * 6)
    _call(_LIBC.capset(header, nothing), "capset")


def _filtered(audit: int, refused: list[int]) -> None:
    """A seccomp filter: other architectures are killed, refused calls fail with EPERM."""

    def step(code: int, yes: int, no: int, value: int) -> bytes:
        return struct.pack("=HBBI", code, yes, no, value)

    numbers = sorted({*refused, *_NEWER})
    rest = len(numbers)
    program = [
        step(0x20, 0, 0, 4),  # load the architecture
        step(0x15, 1, 0, audit),
        step(0x06, 0, 0, 0x80000000),  # kill the process
        step(0x20, 0, 0, 0),  # load the number of the call
        step(0x35, rest + 1, 0, 0x40000000),  # another calling convention of x86-64
        *(step(0x15, rest - place, 0, number) for place, number in enumerate(numbers)),
        step(0x06, 0, 0, 0x7FFF0000),  # allow
        step(0x06, 0, 0, 0x00050001),  # fail with EPERM
    ]
    code = ctypes.create_string_buffer(b"".join(program))
    filter_ = struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
    _call(_LIBC.prctl(22, 2, filter_, 0, 0), "seccomp")


def confine(isolation: str, seconds: float, megabytes: int) -> None:
    """Confine this process. Raises OSError when the machine has not what ``full`` takes."""
    audit, pivot_root, refused = _ARCHITECTURES.get(platform.machine(), (0, 0, []))
    full = isolation == "full"
    if full and not audit:
        raise OSError(f"no system call filter for {platform.machine()}")
    _die_with_parent()
    if full:
        _alone()
        _other_files(pivot_root)
    _limited(seconds, megabytes, full)
    try:
        _unprivileged()
        if audit:
            _filtered(audit, refused)
    except OSError:
        if full:
            raise


def main() -> None:
    """Confine this process, and run in it the program on standard input."""
    asked = json.loads(sys.argv[1])
    program = sys.stdin.read()
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    if sys.platform != "linux":
        sys.stderr.write(f"isolation is for Linux, not for {sys.platform}")
        os._exit(UNABLE)
    try:
        confine(asked["isolation"], asked["seconds"], asked["megabytes"])
    except OSError as error:
        sys.stderr.write(str(error))
        sys.stderr.flush()
        os._exit(UNABLE)
    sys.argv = ["program"]
    names = {"__name__": "__main__", "__builtins__": __builtins__}
    exec(compile(program, "program", "exec"), names)  # noqa: S102 what this process is for


if __name__ == "__main__":
    main()
