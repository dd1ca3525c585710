# SPDX-License-Identifier: GPL-3.0-or-later
"""A row of the truth table asked of the program."""
from lab import program
from lab.table import as_text
from lab.world import NOBODY

# Servers that speak TLS and nothing in it.
BARE_TLS = ("s_server",)
SAME_NAMES = {
    **{name: name for name in ("expect", "present", "timeout")},
    "tls_min": "tls-min",
    "server_name": "server-name",
    "expect_status": "http-expect-status",
}


def protocol(row):
    return row.options.get("protocol", "tls" if row["server"] in BARE_TLS else "https")


def is_http(row):
    return protocol(row) == "https"


def host_and_port(world, row):
    if row["server"] == "unresolvable":
        return NOBODY, 443
    names = (row[name] for name in ("server", "mode", "tls", "server_cert"))
    return row.options.get("host", "127.0.0.1"), world.server_port(*names)


def ca_file(world, row):
    if row.options.get("ca") == "all":
        return world.pki.all_authorities
    return world.pki.server_ca.certificate


def password_file(world, row):
    right = row.options["password"] == "right"
    return world.right_password if right else world.wrong_password


def proxy_url(world, row):
    return world.proxy_url(row["proxy"], "user" in row.options)


class Asked:
    """Asks the program, and takes its JSON apart into the table's columns."""

    def __init__(self, world, row):
        self.world = world
        self.row = row
        self.verdict = program.probe(self._address(), *self._flags())

    def answer(self, route_name):
        """The columns as text."""
        route = self.verdict.route(route_name)
        certificate = route["client_certificate"]
        found = {name: certificate.get(name) for name in ("requested", "required", "accepted")}
        found["during"] = certificate["requested_during"]
        found["untrusted"] = certificate["untrusted_accepted"]
        tunnel = route["tunnel"]
        found["tunnel"] = tunnel["state"] if tunnel else None
        found.update(fault=route["fault"], reason=route["reason"])
        for presented in ("client", "none"):
            seen = self._probe(route, presented)
            found["alert_" + presented] = seen["alert"]
            found["http_" + presented] = seen["http_status"]
        found["exit"] = self.verdict.status
        return {name: as_text(value) for name, value in found.items()}

    @staticmethod
    def _probe(route, presented):
        for one in route["probes"]:
            if one["presented"] == presented:
                return one
        return {"alert": None, "http_status": None}

    def _address(self):
        host, port = host_and_port(self.world, self.row)
        if not is_http(self.row):
            return f"{protocol(self.row)}://{host}:{port}"
        return f"https://{host}:{port}{self.row.options.get('path', '/')}"

    def _flags(self):
        flags = ["--ca-file=" + ca_file(self.world, self.row)]
        identity = self.world.pki.client(self.row["client_cert"])
        if identity:
            flags.append("--client-cert=" + identity.certificate)
            flags.append("--client-key=" + identity.key)
            if identity.key_password_file:
                flags.append("--client-key-password-file=" + identity.key_password_file)
        return flags + self._proxy_flags() + self._option_flags()

    def _proxy_flags(self):
        if self.row["proxy"] == "-":
            return []
        flags = ["--proxy=" + proxy_url(self.world, self.row)]
        if self.row["proxy"] == "tls" and "proxy_ca" not in self.row.options:
            flags.append("--proxy-ca-file=" + self.world.pki.server_ca.certificate)
        if "password" in self.row.options:
            flags.append("--proxy-password-file=" + password_file(self.world, self.row))
        if "no-direct" in self.row.options:
            flags.append("--no-direct")
        return flags

    def _option_flags(self):
        options = self.row.options
        return [
            f"--{flag}={options[name]}" for name, flag in SAME_NAMES.items() if name in options
        ]
