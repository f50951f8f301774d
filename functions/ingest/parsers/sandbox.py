import ctypes
import os
import resource
import struct
import sys
import sysconfig
from collections.abc import Mapping
from typing import Any, Final

_NICENESS: Final = 10
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_NO_NEW_PRIVILEGES: Final = 38
# Landlock's system calls and access rights (https://docs.kernel.org/userspace-api/landlock.html).
_CREATE_RULES: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_PATH_BENEATH: Final = 1
_EVERY_ACCESS: Final = (1 << 13) - 1
_READING: Final = 1 << 2 | 1 << 3
_FORBIDDEN: Final = (
    "socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system",
    "os.startfile", "pty.", "ctypes.dlopen", "pickle.find_class", "os.kill",
)  # fmt: skip
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def confine(limits: Mapping[str, int]) -> None:
    """Bound this process for good: memory, processor, files, network.

    `limits` holds `memory` (bytes) and `processor` (seconds). Call it after the imports.
    """
    _leave_network()
    _leave_files()
    processor = limits["processor"]
    # At the soft limit the kernel sends SIGXCPU, which names the cause to the parent.
    _limit(resource.RLIMIT_CPU, processor, processor + 1)
    _limit(resource.RLIMIT_AS, limits["memory"])
    _limit(resource.RLIMIT_FSIZE, 1 << 20)
    _limit(resource.RLIMIT_NOFILE, 32)
    _limit(resource.RLIMIT_CORE, 0)
    sys.addaudithook(_refuse)


def _limit(kind: int, soft: int, hard: int | None = None) -> None:
    try:
        resource.setrlimit(kind, (soft, soft if hard is None else hard))
    except (ValueError, OSError):
        # macOS, where people try things out, knows no limit on address space.
        if sys.platform != "darwin":
            raise


def _leave_network() -> None:
    # Where the kernel or a container's seccomp profile forbids new namespaces, the audit hook
    # alone keeps Python code from opening sockets.
    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    if unshare is not None:
        unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _leave_files() -> None:
    """Let the kernel refuse the files that native code would open, which no audit hook sees.

    Where it knows no Landlock, the parsers' own switches are all there is.
    """
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)
    handled = struct.pack("Q", _EVERY_ACCESS)
    rules = library.syscall(_CREATE_RULES, handled, len(handled), 0)
    if rules < 0:
        return
    for root in filter(os.path.isdir, _ROOTS):
        folder = os.open(root, os.O_PATH)
        rule = struct.pack("=Qi", _READING, folder)
        library.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0)
        os.close(folder)
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0:
        library.syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _readable_roots() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple({paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")})


# Late imports read modules; nothing else on the disk is a parser's business.
_ROOTS: Final = _readable_roots()


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(event)
    if event == "open":
        path, _, flags = arguments
        allowed = isinstance(path, str) and path.startswith(_ROOTS)
        if not allowed or (isinstance(flags, int) and flags & _WRITING):
            raise PermissionError(event)
