"""Gives up, for good, what a process that looks into strangers' files has no need of."""

import contextlib
import ctypes
import platform
import resource
import signal
import struct
import sys
from pathlib import Path

# What comes out of the largest picture takes about 1 MB.
OUTPUT_MAX = 16 * 1024 * 1024
CPU_SECONDS = 40
FILES_MAX = 32
# Source: linux/prctl.h, linux/seccomp.h, linux/filter.h.
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
FILTER_MODE = 2
LOAD, JUMP_IF_EQUAL, JUMP_IF_ABOVE, ANSWER = 0x20, 0x15, 0x35, 0x06
JUMP_IF_SET, FIRST_VALUE = 0x45, 16
# The answers: yes, "not permitted", and "no such call", after which libraries take the older one.
ALLOW, REFUSE, UNKNOWN = 0x7FFF0000, 0x00050001, 0x00050026
# Numbers above these are those of another convention, by which the same could be done.
OTHER_CONVENTIONS = 0x40000000
# clone begins threads, which encoders need, and processes; clone3 hides from us which of the two.
CLONE3, CLONE_THREAD = 435, 0x00010000
# What a file takes to be opened, named, sent, or run, or another process to be touched:
# open, openat, openat2, creat, unlink, rename, link, mkdir, chmod and their like, socket, connect,
# bind, execve, fork, kill, ptrace, process_vm_*, prlimit, io_uring. Source: asm/unistd_64.h and
# asm-generic/unistd.h.
MACHINES = {
    "x86_64": (
        0xC000003E,
        56,
        (2, 41, 42, 49, 53, 57, 58, 59, 62, 76, 82, 83, 84, 85, 86, 87, 88, 90, 92, 101, 133, 165,
         200, 234, 257, 258, 259, 260, 263, 264, 265, 266, 268, 302, 304, 310, 311, 316, 322, 425,
         428, 434, 437, 438),
    ),
    "aarch64": (
        0xC00000B7,
        220,
        (33, 34, 35, 36, 37, 38, 40, 45, 53, 54, 56, 117, 129, 130, 131, 198, 199, 200, 203, 221,
         261, 265, 270, 271, 276, 281, 425, 428, 434, 437, 438),
    ),
}  # fmt: skip


def limit(memory: int) -> None:
    """Bound memory (bytes), time, files and output; end with the process that asked."""
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: OUTPUT_MAX,
        resource.RLIMIT_NOFILE: FILES_MAX,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        # Where the machine itself is short of memory, this process is the one to go.
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")


def shut() -> bool:
    """Open, send, run and touch nothing from now on; tells whether the kernel could see to it.

    To be called once everything is imported.
    """
    machine = MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return False
    rules = _rules(*machine)
    packed = ctypes.create_string_buffer(rules, len(rules))
    address = ctypes.addressof(packed)
    # struct sock_fprog: how many rules there are, then where they lie.
    program = ctypes.create_string_buffer(struct.pack("@HP", len(rules) // 8, address))
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    return _prctl(PR_SET_SECCOMP, FILTER_MODE, ctypes.addressof(program))


def _rules(audit: int, clone: int, refused: tuple[int, ...]) -> bytes:
    """Write the kernel's rules: a call of this machine's own that is not refused is allowed."""
    rules = [
        (LOAD, 0, 0, 4), (JUMP_IF_EQUAL, 1, 0, audit), (ANSWER, 0, 0, REFUSE), (LOAD, 0, 0, 0),
        (JUMP_IF_ABOVE, 0, 1, OTHER_CONVENTIONS), (ANSWER, 0, 0, REFUSE),
        (JUMP_IF_EQUAL, 0, 1, CLONE3), (ANSWER, 0, 0, UNKNOWN),
    ]  # fmt: skip
    for number in refused:
        rules += [(JUMP_IF_EQUAL, 0, 1, number), (ANSWER, 0, 0, REFUSE)]
    rules += [
        (JUMP_IF_EQUAL, 0, 3, clone), (LOAD, 0, 0, FIRST_VALUE),
        (JUMP_IF_SET, 1, 0, CLONE_THREAD), (ANSWER, 0, 0, REFUSE), (ANSWER, 0, 0, ALLOW),
    ]  # fmt: skip
    return b"".join(struct.pack("=HBBI", *rule) for rule in rules)


def _prctl(option: int, *values: int) -> bool:
    padded = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    return bool(ctypes.CDLL(None).prctl(ctypes.c_int(option), *padded) == 0)
