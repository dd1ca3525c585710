# SPDX-License-Identifier: GPL-3.0-or-later
"""The dashboard of Grafana, read as Grafana reads it: its panels, and its queries with the variables
filled in."""
import json
import os

FILE = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../../../etc/grafana/mtls_exporter.json"
)


def load():
    with open(FILE, encoding="utf-8") as file:
        return json.load(file)


def panels(dashboard):
    """Those that show something: all but the titles of rows."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def filled_in(expression, rate_interval, **chosen):
    """An expression as Prometheus gets it. chosen: values of variables; all where not named."""
    values = {name: ".+" for name in ("job", "instance", "target", "route")}
    for name, value in (values | chosen).items():
        expression = expression.replace("$" + name, value)
    return expression.replace("$__rate_interval", rate_interval)
