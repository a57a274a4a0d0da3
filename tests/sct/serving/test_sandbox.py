import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sct
from sct.serving import sandbox

ROOT = Path(sct.__file__).parents[1]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="limits of processes are POSIX")


def test_the_process_may_do_nothing_but_read(tmp_path):
    """Each is tried in a process that closed itself off."""
    (tmp_path / "secret").write_text("secret")
    code = f"""
import os, socket, subprocess, sys
from sct.serving import sandbox
held = sandbox.close_off()
print(*held)
def tried(name, work):
    try:
        work()
    except OSError as error:
        print(name, type(error).__name__)
    else:
        print(name, "went through")
tried("sockets", lambda: socket.socket())
tried("programs", lambda: os.execv("/bin/true", ["true"]))
tried("kill", lambda: os.kill(os.getppid(), 0))
tried("paths", lambda: open({str(tmp_path / "secret")!r}))
tried("write", lambda: open({str(tmp_path / "new")!r}, "w").write("x"))
secret = {str(tmp_path / "secret")!r}
tried("truncate", lambda: os.truncate(secret, 0))
tried("chmod", lambda: os.chmod(secret, 0))
tried("utime", lambda: os.utime(secret, (0, 0)))
tried("setxattr", lambda: os.setxattr(secret, "user.a", b"b"))
tried("fork", lambda: os.fork() or os._exit(0))
tried("nice", lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19))
import ctypes, resource, threading
libc = ctypes.CDLL(None, use_errno=True)
def call(*given):
    if libc.syscall(*given) < 0:
        raise OSError(ctypes.get_errno(), "")
x86 = os.uname().machine == "x86_64"
tried("tgkill", lambda: call(234 if x86 else 131, os.getppid(), os.getppid(), 0))
tried("limits", lambda: call(302 if x86 else 261, os.getppid(), 0, None, None))
tried("shared memory", lambda: call(29 if x86 else 194, 0, 4096, 0o1600))
told = []
thread = threading.Thread(target=told.append, args=[1])
thread.start()
thread.join()
print("threads", told)
print(open(os.__file__).read(5))
"""
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    first, *rest = ran.stdout.splitlines()
    held = first.split()
    assert "files" in held, ran.stderr
    said = dict(line.rsplit(" ", 1) for line in rest[:-1])
    assert said["threads"] == "[1]"
    if "sockets" in held:
        for name in ("sockets", "programs", "kill", "fork", "nice", "tgkill", "limits"):
            assert said[name] == "PermissionError", name
        for name in ("truncate", "chmod", "utime", "setxattr", "shared memory"):
            assert said[name] == "PermissionError", name
        assert (tmp_path / "secret").read_text() == "secret"
    if "paths" in held:
        assert said["paths"] == said["write"] == "PermissionError"
    assert not (tmp_path / "new").exists() or not (tmp_path / "new").read_text()
    if sys.platform.startswith("linux") and os.uname().machine == "x86_64":
        assert "sockets" in held


@pytest.mark.parametrize(
    ("header", "place"),
    [("x86_64-linux-gnu/asm/unistd_64.h", 0), ("asm-generic/unistd.h", 1)],
)
def test_the_numbers_of_calls_are_those_of_the_system(header, place):
    path = Path("/usr/include", header)
    if not path.exists():
        pytest.skip(f"no {header} here")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", path.read_text())
    known = {name: int(number) for name, number in found}
    assert {name: known.get(name) for name in sandbox.REFUSED} == {
        name: numbers[place] for name, numbers in sandbox.REFUSED.items()
    }
    assert known["clone"] == list(sandbox._CLONE.values())[place]
    assert known["clone3"] == sandbox._CLONE3
