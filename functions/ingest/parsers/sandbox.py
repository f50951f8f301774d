import ctypes
import os
import resource
import sys
import sysconfig
from collections.abc import Mapping
from typing import Any, Final

_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
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
