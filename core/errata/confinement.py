"""Confines a process that is to run what nobody has read (Linux; the standard library alone).

``python -I -B confinement.py '{"isolation": "full", …}' < program`` confines itself and runs the
program. In this order: own user, network, process, mount and IPC namespaces; a file system of the
interpreter and the system's libraries, read-only, with a small ``/tmp`` in memory; limits on processor
time, memory, file sizes and open files; no privileges; a filter that refuses system calls for
processes, programs, sockets, signals and mounts. Exit status 113 says that the machine has not what is
asked for. Others compose the same steps (``private``, ``other_files``, ``limited``, ``unprivileged``,
``filtered``).

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
NEW_MOUNTS, NEW_IPC, NEW_USER, NEW_PROCESSES, NEW_NETWORK = (
    0x00020000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
LIBC = ctypes.CDLL(None, use_errno=True)
_BIND, _REC, _PRIVATE, _DETACH = 4096, 16384, 1 << 18, 2
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE = 442, -100, 0x8000
_LOCKED = 1 | 2 | 4  # read-only, no set-user-id, no devices
_TMP = "size=16m,nr_inodes=1024,mode=0777"
_WRITING = 1 | 2 | 0o100 | 0o1000  # flags of open: to write, to read and write, create, truncate
# What has one number on every architecture: pidfd, io_uring, the mount calls, clone3.
_NEWER = [*range(424, 436), 438, 442]
# For each architecture: its audit number, pivot_root, what a calculation never needs, what changes
# files, and the calls that open files with the place of their flags.
_ARCHITECTURES = {
    "x86_64": (
        0xC000003E,
        155,
        [29, *range(41, 51), 53, 56, 57, 58, 59, 62, 64, 68, 101, 109, 112, 129, 135, 141, 142, 144,
         155, 157, 161, 165, 166, 175, 200, 203, 234, 240, 248, 249, 250, 251, 256, 272, 279, 288, 297,
         298, 302, 307, 308, 310, 311, 313, 314, 317, 319, 321, 322, 323],
        [73, 76, 77, 82, 83, 84, 85, 86, 87, 88, *range(90, 95), 132, 133, 188, 189, 190, 197, 198, 199,
         235, 258, 259, 260, 261, 263, 264, 265, 266, 268, 280, 285, 316],
        {2: 1, 257: 2},
    ),
    "aarch64": (
        0xC00000B7,
        41,
        [30, 39, 40, 41, 51, 92, 97, 105, 117, 118, 119, 122, 129, 130, 131, 138, 140, 154, 157, 167,
         180, 186, 190, 194, *range(198, 204), 206, 211, 217, 218, 219, 220, 221, 238, 239,
         *range(240, 243), 261, 268, 269, 270, 271, 273, 274, 277, 279, 280, 281, 282],
        [5, 6, 7, 14, 15, 16, *range(32, 39), 45, 46, 47, 52, 53, 54, 55, 88, 276],
        {56: 2},
    ),
}  # fmt: skip
_CHANGING = [437, 452, 463, 466]  # openat2, fchmodat2, setxattrat, removexattrat


def _call(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def known() -> bool:
    """Whether there is a system call filter for this machine."""
    return sys.platform == "linux" and platform.machine() in _ARCHITECTURES


def private(kinds: int) -> None:
    """Namespaces of this process's own, ``NEW_USER`` among them. Raises OSError."""
    user, group = os.getuid(), os.getgid()
    _call(LIBC.unshare(kinds), "unshare")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"65534 {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"65534 {group} 1", encoding="ascii")


def _alone() -> None:
    """Own namespaces; goes on in a first process of its own, which dies with this one."""
    private(NEW_USER | NEW_NETWORK | NEW_PROCESSES | NEW_MOUNTS | NEW_IPC)
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        os._exit(code if code >= 0 else 128 - code)
    die_with_parent()


def die_with_parent() -> None:
    """The kernel kills this process when its parent (the thread that started it) ends."""
    _call(LIBC.prctl(1, signal.SIGKILL, 0, 0, 0), "prctl")


def mount(source: str, target: Path, kind: str, flags: int, data: str = "") -> None:
    """``mount(2)``. Raises OSError."""
    target_bytes = os.fsencode(target)
    done = LIBC.mount(source.encode(), target_bytes, kind.encode(), flags, data.encode())
    _call(done, f"mount {target}")


def fresh_tmp(place: Path) -> None:
    """A small empty file system in memory at ``place``."""
    mount("tmpfs", place, "tmpfs", 2 | 4, _TMP)


def other_files() -> None:
    """A root with the interpreter and the system's libraries alone, and an empty /tmp.

    The current folder becomes the new root's place. Raises OSError.
    """
    here = Path.cwd()
    mount("none", Path("/"), "", _REC | _PRIVATE)
    mount("tmpfs", here, "tmpfs", 0, _TMP)
    for name in dict.fromkeys(("/usr", "/lib", "/lib64", sys.base_prefix, sys.prefix)):
        place, inside = Path(name), here / name.lstrip("/")
        if place.is_symlink():
            inside.symlink_to(place.readlink())
        elif place.is_dir() and not inside.exists():
            inside.mkdir(parents=True)
            mount(name, inside, "", _BIND | _REC)
            _locked(inside, _AT_RECURSIVE)
    (here / "tmp").mkdir(exist_ok=True)
    fresh_tmp(here / "tmp")
    _locked(here, 0)
    os.chdir(here)
    _call(LIBC.syscall(_ARCHITECTURES[platform.machine()][1], b".", b"."), "pivot_root")
    _call(LIBC.umount2(b".", _DETACH), "umount2")
    os.chdir("/tmp")  # noqa: S108 the new root's own


def _locked(place: Path, flags: int) -> None:
    wanted = struct.pack("=QQQQ", _LOCKED, 0, 0, 0)
    arguments = (_AT_FDCWD, os.fsencode(place), flags, wanted, len(wanted))
    _call(LIBC.syscall(_MOUNT_SETATTR, *arguments), f"mount_setattr {place}")


def limited(seconds: float, megabytes: int, alone: bool) -> None:
    """Limits on processor time, memory, the size of files (1 MB) and open files (64); without
    namespaces (``alone`` false) on processes too, which binds everybody but root."""
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


def unprivileged() -> None:
    """No privileges, now or by any program. Raises OSError."""
    _call(LIBC.prctl(38, 1, 0, 0, 0), "no_new_privs")
    header, nothing = struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", *[0] * 6)
    _call(LIBC.capset(header, nothing), "capset")


def filtered(writes: bool = True) -> None:
    """A seccomp filter: other architectures are killed, refused calls fail with EPERM; without
    ``writes`` also what opens a file to write, or changes one. Raises OSError."""
    audit, _, refused, changing, opening = _ARCHITECTURES[platform.machine()]
    numbers = sorted({*refused, *_NEWER, *([] if writes else [*changing, *_CHANGING])})
    opens = {} if writes else opening
    rest = len(numbers) + len(opens)
    allow, deny = _step(0x06, 0, 0, 0x7FFF0000), _step(0x06, 0, 0, 0x00050001)
    program = [
        _step(0x20, 0, 0, 4),  # load the architecture
        _step(0x15, 1, 0, audit),
        _step(0x06, 0, 0, 0x80000000),  # kill the process
        _step(0x20, 0, 0, 0),  # load the number of the call
        _step(0x35, rest + 1, 0, 0x40000000),  # another calling convention of x86-64
        *(_step(0x15, rest - place, 0, number) for place, number in enumerate(numbers)),
        # From each call that opens to its own four steps behind the two that end the program here.
        *(
            _step(0x15, len(opens) - place - 1 + 2 + 4 * place, 0, number)
            for place, number in enumerate(opens)
        ),
        allow,
        deny,
    ]
    for argument in opens.values():
        low_half = 16 + 8 * argument
        program += [_step(0x20, 0, 0, low_half), _step(0x45, 0, 1, _WRITING), deny, allow]
    code = ctypes.create_string_buffer(b"".join(program))
    filter_ = struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
    _call(LIBC.prctl(22, 2, filter_, 0, 0), "seccomp")


def _step(code: int, yes: int, no: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def confine(isolation: str, seconds: float, megabytes: int) -> None:
    """Confine this process. Raises OSError when the machine has not what ``full`` takes."""
    full = isolation == "full"
    if full and not known():
        raise OSError(f"no system call filter for {platform.machine()}")
    die_with_parent()
    if full:
        _alone()
        other_files()
    limited(seconds, megabytes, full)
    try:
        unprivileged()
        if known():
            filtered()
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
