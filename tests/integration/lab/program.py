# SPDX-License-Identifier: GPL-3.0-or-later
"""The program under test: the binary named by the environment MTLS_EXPORTER."""
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

from lab.processes import Process, StartFailed, wait_until

LISTENING = re.compile(r'\bmsg="?listening"? .*\baddress="?([^\s"]+)')
SANITIZER = re.compile(r"(ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer).*")
HANG_SECONDS = 120


def binary():
    path = os.environ.get("MTLS_EXPORTER")
    if not path or not os.access(path, os.X_OK):
        raise SystemExit(f"MTLS_EXPORTER={path}: set it to the path of the built binary")
    return os.path.abspath(path)


def sanitized():
    return os.environ.get("SANITIZED", "") not in ("", "0")


class Finished:
    """How one run of the program ended."""

    def __init__(self, arguments, status, output, errors, seconds):
        self.arguments = arguments
        self.status = status
        self.output = output
        self.errors = errors
        self.seconds = seconds

    def command_line(self):
        return " ".join(["mtls_exporter", *self.arguments])

    def crash(self):
        """Says how it crashed; None when it did not."""
        found = SANITIZER.search(self.errors)
        if found:
            return self.errors[found.start() : found.start() + 2000]
        if self.status < 0:
            return f"killed by signal {-self.status}"
        return None


def run(*arguments, directory=None):
    arguments = [str(argument) for argument in arguments]
    begin = time.monotonic()
    done = subprocess.run(
        [binary(), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=directory,
        timeout=HANG_SECONDS,
        check=False,
    )
    seconds = time.monotonic() - begin
    texts = [text.decode("utf-8", errors="replace") for text in (done.stdout, done.stderr)]
    return Finished(arguments, done.returncode, *texts, seconds)


class Verdict(Finished):
    """One round by the probe command, with its JSON read."""

    def __init__(self, finished):
        super().__init__(**vars(finished))
        try:
            self.json = json.loads(self.output)
        except ValueError:
            self.json = None

    def route(self, name):
        """The route called name; "proxy" stands for the one that is not direct."""
        for route in self.json["routes"]:
            if route["route"] == name or name == "proxy" != "direct" != route["route"]:
                return route
        return None


def probe(address, *arguments):
    return Verdict(run("probe", address, "--format=json", *arguments))


def probe_seconds(route):
    """How long the longest probe of a route took, by its own account."""
    return max(sum(one["seconds"].values()) for one in route["probes"])


class Exporter:
    """`serve` with a configuration, listening on a port that the kernel chose."""

    def __init__(self, configuration, directory, *arguments, listen="127.0.0.1:0"):
        command = (
            *(binary(), "serve", "--config.file=" + configuration),
            *("--web.listen-address=" + listen, *arguments),
        )
        self.process = Process("mtls_exporter", command, directory)
        self.address = self._wait()

    @property
    def pid(self):
        return self.process.pid

    def url(self, path="/metrics"):
        return f"http://{self.address}{path}"

    def fetch(self, path="/metrics", seconds=10, **fields):
        """Status, content type and text of a page; fields of the request as accept="..."."""
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        request = urllib.request.Request(self.url(path), headers=named)
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                return answer.status, answer.headers["Content-Type"], _text(answer)
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers["Content-Type"], _text(answer)

    def wait_until_ready(self, seconds=60):
        wait_until(lambda: self.fetch("/-/ready")[0] == 200, "readiness", seconds)

    def log(self):
        return self.process.errors()

    def end(self, number=signal.SIGTERM, seconds=30):
        """Sends the signal; the exit status and how long it took."""
        begin = time.monotonic()
        self.process.child.send_signal(number)
        status = self.process.child.wait(timeout=seconds)
        return status, time.monotonic() - begin

    def stop(self):
        self.process.stop()

    def _wait(self):
        def listening():
            if self.process.child.poll() is not None:
                raise StartFailed(self.process.log())
            return LISTENING.search(self.log())

        try:
            found = wait_until(listening, "the line msg=listening")
        except StartFailed:
            self.process.stop()
            raise
        return found.group(1)


def _text(answer):
    return answer.read().decode("utf-8")


SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\.)*)"(?:,|$)')


def samples(exposition):
    """{(family, ((label, value), ...)): value} of a text-format page."""
    found = {}
    for line in exposition.splitlines():
        if not line or line.startswith("#"):
            continue
        match = SAMPLE.match(line)
        if not match:
            raise ValueError(f"no sample: {line!r}")
        name, labels, value = match.groups()
        pairs = tuple(sorted(LABEL.findall(labels or "")))
        if (name, pairs) in found:
            raise ValueError(f"twice on one page: {line!r}")
        found[name, pairs] = float(value)
    return found


def values(exposition, family, **labels):
    """The values of every series of a family that has these labels."""
    wanted = set(labels.items())
    return [
        value
        for (name, pairs), value in samples(exposition).items()
        if name == family and wanted <= set(pairs)
    ]
