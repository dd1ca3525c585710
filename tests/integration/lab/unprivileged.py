# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that refuse to be root run as nobody, in directories of their own."""
import os
import pwd
import shutil
import subprocess
import tempfile

USER = "nobody"


def options():
    """For Process and subprocess: who the child is to be."""
    if os.geteuid() != 0:
        return {}
    group = pwd.getpwnam(USER).pw_gid
    return {"user": USER, "group": group, "extra_groups": []}


def own(path):
    """Gives a file or directory to who the servers are."""
    if os.geteuid() == 0:
        shutil.chown(path, USER)


def own_directory(parent, name):
    """A new directory that belongs to who the servers are, and only to them."""
    directory = tempfile.mkdtemp(prefix=name + "-", dir=parent)
    own(directory)
    return directory


def own_copy(path, directory):
    """A copy of a key that nobody else may read: databases insist."""
    copy = shutil.copy(path, directory)
    os.chmod(copy, 0o600)
    own(copy)
    return copy


def run(*arguments, stdin=""):
    """Runs a program to its end as the servers' user; what it printed."""
    done = subprocess.run(
        [str(one) for one in arguments],
        input=stdin.encode(),
        capture_output=True,
        check=False,
        cwd="/",
        **options(),
    )
    text = (done.stdout + done.stderr).decode(errors="replace")
    if done.returncode != 0:
        raise RuntimeError(f"{arguments[0]} ended with {done.returncode}: {text}")
    return text
