"""Runs commands in a root folder of their own, as a container's are, without a container's tools.

The folder holds what an image's steps made; the base image's part is played by this machine's own
system, read-only. It takes Linux, root, and util-linux's `unshare` and `setpriv`.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

# Of the machine: programs and libraries. /opt and /usr/local may hold Python itself.
SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "opt")


def missing():
    """What this machine lacks for it, or ""."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "it takes Linux and root"
    for need in ("unshare", "setpriv", "chroot", "useradd", "ip"):
        if shutil.which(need) is None:
            return f"there is no {need}"
    done = subprocess.run(["unshare", "-mn", "true"], capture_output=True, check=False)
    return "" if done.returncode == 0 else "namespaces may not be made"


def base(root):
    """Make an empty root folder, with an /etc of its own."""
    for name in ("proc", "dev", "tmp", "home", "var/mail", "app"):
        (root / name).mkdir(parents=True)
    subprocess.run(["cp", "-a", "/etc", str(root / "etc")], check=True)


def python_home():
    """The folder of the Python that runs this, where that is none of SYSTEM."""
    home = Path(sys.base_prefix).resolve()
    return None if home.parts[1] in SYSTEM else home


def run(root, script, *, cwd, env, user=None, shut=False, timeout=3000):
    """Run a shell script within `root`; return the process, its output as text.

    Args:
        user: the number of whom it runs as, without a single capability; root where None.
        shut: nothing but /tmp and HOME can be written to, and there is no network but the machine's
            own loopback.
    """
    lines = ["set -e", f"cd {shlex.quote(str(root))}", "mount --bind . .", 'cd "$PWD"']
    homes = [python_home()] if python_home() else []
    for place in [Path("/") / name for name in SYSTEM] + homes:
        inner = root / place.relative_to("/")
        if place.is_symlink():
            lines.append(f"[ -L .{place} ] || ln -s {os.readlink(place)} .{place}")
        elif place.is_dir():
            inner.mkdir(parents=True, exist_ok=True)
            lines += [f"mount --bind {place} .{place}", f"mount -o remount,bind,ro .{place}"]
    lines += ["mount -t proc proc proc", "mount --rbind /dev dev", "mount -t tmpfs tmpfs tmp"]
    enter = f"chroot {shlex.quote(str(root))}"
    if user is not None:
        enter += f" setpriv --reuid {user} --regid {user} --clear-groups --no-new-privs"
        enter += " --bounding-set=-all --inh-caps=-all"
    if shut:
        lines += [
            "ip link set lo up",
            f"mount -t tmpfs -o uid={user},mode=700 tmpfs .{env['HOME']}",
        ]
        lines.append("mount -o remount,bind,ro .")
    inside = f"cd {shlex.quote(cwd)} && {script}"
    pairs = " ".join(shlex.quote(f"{name}={value}") for name, value in env.items())
    lines.append(f"exec {enter} env -i {pairs} sh -ec {shlex.quote(inside)}")
    kinds = ["--mount", "--pid", "--fork", "--kill-child", *(["--net"] if shut else [])]
    return subprocess.run(
        ["unshare", *kinds, "sh", "-c", "\n".join(lines)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
