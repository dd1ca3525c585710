# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab of packaging/quickstart: real servers and proxies on loopback, the
exporter on top of them, and its verdicts on the terminal."""
import os
import shutil
import signal
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tests", "integration"))

# The lab's own modules, found only now.
# pylint: disable=wrong-import-position
from lab import program  # noqa: E402
from lab.certificates import Pki  # noqa: E402
from lab.processes import StartFailed, accepts  # noqa: E402
from lab.proxies import Squid  # noqa: E402
from lab.servers import Nginx, NginxServer  # noqa: E402

PORT = 10063
# How nginx treats client certificates, and what its owner calls the service.
SERVERS = {"payments": "on", "reports": "optional", "intranet": "off"}
PROXIES = {
    "swg_tunnel": "plain",
    "swg_intercepting": "bump-peeked",
    "swg_password": "password",
}

CONFIGURATION = """\
# Made by packaging/quickstart: three services, each probed directly and through
# three proxies. Every service is meant to require client certificates.
proxies = {{
{proxies}}};
credentials = {{
  lab_client = {{ cert_file = "{certificate}"; key_file = "{key}"; }};
}};
modules = {{
  mtls = {{
    protocol   = "https";
    credential = "lab_client";
    ca_file    = "{ca}";
    routes     = [ "direct", {routes} ];
    interval   = "5s";
    timeout    = "5s";
  }};
}};
targets = (
{targets}
);
"""


def say(text):
    print(text, file=sys.stderr, flush=True)


def write_configuration(directory, pki, nginx, squid):
    client = pki.clients["good"]
    proxies = "".join(
        f'  {name} = {{ url = "{squid.url(role)}"; }};\n' for name, role in PROXIES.items()
    )
    targets = ",\n".join(
        f'  {{ name = "{name}"; address = "127.0.0.1:{nginx.servers[name].port}"; module = "mtls"; }}'
        for name in SERVERS
    )
    text = CONFIGURATION.format(
        proxies=proxies,
        certificate=client.certificate,
        key=client.key,
        ca=pki.server_ca.certificate,
        routes=", ".join(f'"{name}"' for name in PROXIES),
        targets=targets,
    )
    path = os.path.join(directory, "mtls_exporter.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def port_to_listen_on():
    """The exporter's usual port, or any when somebody has it."""
    if not accepts(PORT):
        return PORT
    say(f"Port {PORT} is taken: the exporter gets another")
    return 0


def start(directory, parts):
    say("Making certificates")
    pki = Pki(directory)
    say("Starting nginx: payments requires client certificates, reports asks, intranet ignores")
    servers = [NginxServer(mode, name=name) for name, mode in SERVERS.items()]
    nginx = Nginx(pki, directory, servers)
    parts.append(nginx)
    say("Starting Squid: swg_tunnel, swg_intercepting, swg_password")
    squid = Squid(pki, directory, forbidden=1)
    parts.append(squid)
    say("Starting mtls_exporter and waiting for its first rounds")
    configuration = write_configuration(directory, pki, nginx, squid)
    exporter = program.Exporter(
        configuration, directory, listen=f"127.0.0.1:{port_to_listen_on()}"
    )
    parts.append(exporter)
    exporter.wait_until_ready()
    return exporter, configuration


def show_verdicts(exporter):
    table, *explanations = exporter.fetch("/verdicts")[2].rstrip().split("\n\n")
    told = {}
    for explanation in explanations:
        reason = explanation.splitlines()[0].rsplit(": ", 1)[-1]
        told.setdefault(reason, explanation)
    print("\n" + "\n\n".join([table, *told.values()]), flush=True)


def show_addresses(exporter, configuration):
    print(f"\npage     http://{exporter.address}/")
    print(f"metrics  http://{exporter.address}/metrics")
    print(f"JSON     http://{exporter.address}/api/v1/targets")
    print(f"config   {configuration}", flush=True)


def run(directory, parts, once):
    exporter, configuration = start(directory, parts)
    show_verdicts(exporter)
    if once:
        return 0
    show_addresses(exporter, configuration)
    say("\nRunning; Ctrl-C stops everything.")
    status = exporter.process.child.wait()
    say(f"mtls_exporter ended by itself with {status}: {exporter.log()[-2000:]}")
    return 1


def stop_on_signals():
    """kill and a closed terminal do what Ctrl-C does; nohup keeps its meaning."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


def stop(parts, directory):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for part in reversed(parts):
        part.stop()
    shutil.rmtree(directory, ignore_errors=True)


def main():
    os.environ["MTLS_EXPORTER"] = sys.argv[1]
    stop_on_signals()
    directory = tempfile.mkdtemp(prefix="mtls-quickstart-")
    parts = []
    try:
        return run(directory, parts, once="--once" in sys.argv[2:])
    except KeyboardInterrupt:
        say("\nStopping")
        return 0
    except StartFailed as failure:
        say(f"packaging/quickstart: {failure}")
        return 1
    finally:
        stop(parts, directory)


if __name__ == "__main__":
    sys.exit(main())
