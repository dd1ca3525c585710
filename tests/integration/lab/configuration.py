# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration files for `serve`, written for the lab's servers."""
import os

HEAD = """
credentials = {{ good = {{ cert_file = "{cert}"; key_file = "{key}"; }}; }};
"""

MODULE = """
modules = {{
  lab = {{ protocol = "{protocol}"; credential = "good"; ca_file = "{ca}";
          routes = [ {routes} ]; interval = "{interval}"; timeout = "{timeout}";
          contrast_interval = "{contrast_interval}"; }};
}};
"""


def target(name, port, **settings):
    """One entry of the list of targets. settings: strings, or text ready as it is
    for groups and lists."""
    more = "".join(f" {key} = {quoted(value)};" for key, value in settings.items())
    address = f"127.0.0.1:{port}"
    return f'  {{ name = "{name}"; address = "{address}"; module = "lab";{more} }}'


def quoted(value):
    return value if value[:1] in "[{(" else f'"{value}"'


def write(directory, pki, targets, **module):
    """Writes a file with one module and these targets, and returns its path. client: which of
    the lab's certificates is presented."""
    settings = {
        "client": "good",
        "protocol": "https",
        "interval": "1s",
        "timeout": "5s",
        "contrast_interval": "5m",
        "proxies": {},
    }
    settings.update(module)
    proxies = settings.pop("proxies")
    routes = ", ".join(f'"{name}"' for name in ("direct", *proxies))
    identity = pki.clients[settings.pop("client")]
    text = HEAD.format(cert=identity.certificate, key=identity.key)
    if proxies:
        entries = (f'  {name} = {{ url = "{url}"; }};' for name, url in proxies.items())
        text += "proxies = {\n" + "\n".join(entries) + "\n};\n"
    text += MODULE.format(ca=pki.server_ca.certificate, routes=routes, **settings)
    text += "targets = (\n" + ",\n".join(targets) + "\n);\n"
    path = os.path.join(directory, "mtls_exporter.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path
