"""Limits that a process which reads files of strangers sets to itself, and cannot lift again.

Each is set where the system knows it. Linux knows all: processor time, memory, no new files of its
own, no sockets, no other programs (seccomp), and files read only where Python lies (Landlock).
"""

from __future__ import annotations

import ctypes
import math
import os
import platform
import struct
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_OPEN_FILES = 64
_NO_NEW_PRIVILEGES, _SET_SECCOMP = 38, 22  # of prctl(2)
_FILTER = 2
_MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # as the audit of Linux numbers them
# What is refused: sockets, programs, other processes, changes of files, memory that is shared,
# mounts, modules, and ways around all of these; by name, with its number on each of those machines
# (None where it has no such call).
REFUSED = {
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200),
    "listen": (50, 201), "accept": (43, 202), "accept4": (288, 242),
    "execve": (59, 221), "execveat": (322, 281), "ptrace": (101, 117), "kill": (62, 129),
    "tkill": (200, 130), "setsid": (112, 157), "setpgid": (109, 154), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "mount": (165, 40), "umount2": (166, 39), "move_mount": (429, 429), "open_tree": (428, 428),
    "fsopen": (430, 430), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "open_by_handle_at": (304, 265), "mknodat": (259, 33),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_send_signal": (424, 424), "prlimit64": (302, 261),
    "setrlimit": (160, 164), "setpriority": (141, 140), "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
    "ioprio_set": (251, 30), "process_madvise": (440, 440), "kcmp": (312, 272),
    "truncate": (76, 45), "ftruncate": (77, 46), "fallocate": (285, 47), "chmod": (90, None),
    "fchmod": (91, 52), "fchmodat": (268, 53), "chown": (92, None), "lchown": (94, None),
    "fchown": (93, 55), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15),
    "fremovexattr": (199, 16), "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195),
    "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180), "mq_unlink": (241, 181),
    "name_to_handle_at": (303, 264), "personality": (135, 92), "fork": (57, None),
    "vfork": (58, None),
}  # fmt: skip
# Threads are begun by these: the first says in its first argument whether it is one, the second
# says so in memory, so the C library is told that there is no such call and takes the first.
_CLONE, _CLONE3, _THREAD = {"x86_64": 56, "aarch64": 220}, 435, 0x10000
_LOAD_WORD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _JUMP_IF_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _EPERM, _ENOSYS, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
_X32 = 0x40000000  # another numbering of calls on x86_64
# Landlock, whose calls have the same numbers on all machines.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_BENEATH = 1
_READ_FILE, _READ_FOLDER, _EXECUTE = 1 << 2, 1 << 3, 1 << 0
_ALL_OF_FILES = (1 << 13) - 1  # those of its first version


def end_with_parent(every_s: float = 0.5) -> None:
    """Have this process end soon after the one that started it has ended, whatever it is at."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(every_s)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def limit_memory(more: int) -> float:
    """Let this process grow by `more` bytes of address space from here on, on Linux.

    Returns:
        the bytes that it may have then; infinity elsewhere.
    """
    import resource

    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return math.inf
    most = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    return most


def memory_left(most: float) -> float:
    """Return how far below `most` bytes the address space of this process was at its height."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return math.inf
    height = next(int(line.split()[1]) for line in lines if line.startswith("VmPeak:"))
    return most - 1024 * height


def cpu_seconds(process: int) -> float | None:
    """Return the processor time of a process so far; None where the system does not say."""
    try:
        words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None


def stopped(process: int) -> bool:
    """Return whether somebody has stopped a process, so that it does nothing any more."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "Tt"
    except (OSError, IndexError):
        return False


def limit_cpu(seconds: int) -> None:
    """Have this process killed after so many seconds of processor time from here on.

    After `close_off` it may not set limits: then whoever asks has to look at `cpu_seconds`.
    """
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + seconds
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))


def close_off(readable: Sequence[str | os.PathLike] = ()) -> tuple[str, ...]:
    """Take from this process what reading a file does not need.

    Args:
        readable: folders that may be read, besides those of Python itself.

    Returns:
        which protections hold, of "files", "sockets" and "paths".
    """
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    held = ["files"]
    if _prctl(_NO_NEW_PRIVILEGES, 1):
        own = {sys.prefix, sys.base_prefix, "/usr/lib", "/lib", "/lib64", *map(str, readable)}
        if _landlock(sorted(own)):
            held.append("paths")
        if _seccomp():
            held.append("sockets")
    return tuple(held)


def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None, use_errno=True) if sys.platform.startswith("linux") else None


def _prctl(*given: int) -> bool:
    libc = _libc()
    if libc is None:
        return False
    numbers = (*given, 0, 0, 0, 0)[:5]
    return libc.prctl(numbers[0], *(ctypes.c_ulong(number) for number in numbers[1:])) == 0


def _seccomp() -> bool:
    """Have the calls of `REFUSED` fail as not permitted."""
    here = platform.machine()
    if here not in _MACHINES:
        return False
    column = list(_MACHINES).index(here)
    refused = [row[column] for row in REFUSED.values() if row[column] is not None]

    def line(code: int, yes: int, no: int, value: int) -> bytes:
        return struct.pack("HBBI", code, yes, no, value)

    # A program of the Berkeley packet filter over (number of the call, machine, place, arguments),
    # whose jumps count the lines that are left out, forwards alone.
    calls = [(_CLONE3, 2), (_CLONE[here], 3), *((number, 1) for number in refused)]
    program = [
        line(_LOAD_WORD, 0, 0, 4),
        line(_JUMP_IF_EQUAL, 1, 0, _MACHINES[here]),
        line(_RETURN, 0, 0, _KILL),
        line(_LOAD_WORD, 0, 0, 0),
        line(_JUMP_IF_AT_LEAST, len(calls) + 1, 0, _X32),
    ]
    for place, (number, then) in enumerate(calls):
        program.append(line(_JUMP_IF_EQUAL, len(calls) - place - 1 + then, 0, number))
    program += [
        line(_RETURN, 0, 0, _ALLOW),
        line(_RETURN, 0, 0, _EPERM),  # 1: refused
        line(_RETURN, 0, 0, _ENOSYS),  # 2: no such call
        line(_LOAD_WORD, 0, 0, 16),  # 3: the first argument
        line(_JUMP_IF_SET, 0, 1, _THREAD),
        line(_RETURN, 0, 0, _ALLOW),
        line(_RETURN, 0, 0, _EPERM),
    ]
    code = ctypes.create_string_buffer(b"".join(program))
    whole = ctypes.create_string_buffer(struct.pack("HP", len(program), ctypes.addressof(code)))
    return _prctl(_SET_SECCOMP, _FILTER, ctypes.addressof(whole))


def _landlock(folders: Sequence[str]) -> bool:
    libc = _libc()
    if libc is None:
        return False
    attributes = ctypes.create_string_buffer(struct.pack("Q", _ALL_OF_FILES), 8)
    rules = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(8), 0)
    if rules < 0:
        return False
    allowed = _READ_FILE | _READ_FOLDER | _EXECUTE
    try:
        for folder in folders:
            try:
                opened = os.open(folder, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue
            try:
                rule = ctypes.create_string_buffer(struct.pack("=Qi", allowed, opened))
                libc.syscall(_ADD_RULE, rules, _BENEATH, rule, 0)
            finally:
                os.close(opened)
        return libc.syscall(_RESTRICT_SELF, rules, 0) == 0
    finally:
        os.close(rules)
