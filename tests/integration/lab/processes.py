# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs in the foreground: started, waited for, ended by their own pid."""
import atexit
import contextlib
import glob
import os
import re
import socket
import subprocess
import time

START_SECONDS = 60
STARTS = 5
POLL_SECONDS = 0.01
CLASH = re.compile(r"Address already in use|Cannot bind", re.IGNORECASE)


class StartFailed(Exception):
    pass


class PortTaken(StartFailed):
    pass


def free_ports(count, host="127.0.0.1"):
    """Ports that were free a moment ago, for programs that cannot bind port 0."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket(family)) for _ in range(count)]
        for one in sockets:
            one.bind((host, 0))
        return [one.getsockname()[1] for one in sockets]


def wait_until(ready, what, seconds=START_SECONDS):
    """Polls ready() until it is true, and returns what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ready()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise StartFailed(f"{what} did not come about in {seconds} s")
        time.sleep(POLL_SECONDS)


def accepts(port, host="127.0.0.1"):
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


class Process:
    """One child in the foreground; its output goes to files in the lab. log_file:
    where it writes more."""

    def __init__(self, name, arguments, directory, log_file=None, **options):
        self.name = name
        self.log_file = log_file
        self.output_path = os.path.join(directory, name + ".out")
        self.error_path = os.path.join(directory, name + ".err")
        with open(self.output_path, "wb") as out, open(self.error_path, "wb") as err:
            options.setdefault("stdin", subprocess.PIPE)
            self.child = subprocess.Popen(
                [str(one) for one in arguments], stdout=out, stderr=err, **options
            )
        atexit.register(self.stop)

    @property
    def pid(self):
        return self.child.pid

    def output(self):
        return read_text(self.output_path)

    def errors(self):
        return read_text(self.error_path)

    def log(self):
        more = read_text(self.log_file) if self.log_file else ""
        return self.output() + self.errors() + more

    def check_alive(self):
        """Raises PortTaken or StartFailed when it has given up."""
        log = self.log()
        if CLASH.search(log):
            raise PortTaken(f"{self.name}: {log[-500:]}")
        if self.child.poll() is not None:
            status = self.child.returncode
            raise StartFailed(f"{self.name} ended with {status}: {log[-2000:]}")

    def wait_for_ports(self, ports):
        def listening():
            self.check_alive()
            return all(accepts(port) for port in ports)

        wait_until(listening, f"{self.name} listening on {ports}")
        self.check_alive()

    def stop(self):
        atexit.unregister(self.stop)
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(timeout=3)
            except subprocess.TimeoutExpired:
                self.child.kill()
        self.child.wait()
        if self.child.stdin:
            self.child.stdin.close()


def read_text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def processor_seconds(pid):
    """Of each thread, by proc(5) schedstat: how long it ran, and how long it was ready to run and
    others ran."""
    threads = []
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with contextlib.suppress(OSError), open(path, encoding="ascii") as file:
            ran, waited = (int(word) / 1e9 for word in file.read().split()[:2])
            threads.append((ran, waited))
    return threads


def started(start):
    """Calls start() until it works, as long as only a taken port is in its way."""
    for attempt in range(STARTS):
        try:
            return start()
        except PortTaken:
            if attempt + 1 == STARTS:
                raise
    raise AssertionError("not reached")


def start_on_free_ports(names, start):
    """The process of start({name: port}), which listens on all of them by now, and
    those ports."""

    def attempt():
        ports = dict(zip(names, free_ports(len(names))))
        process = start(ports)
        try:
            process.wait_for_ports(list(ports.values()))
        except StartFailed:
            process.stop()
            raise
        return process, ports

    return started(attempt)
