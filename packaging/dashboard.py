#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the dashboard of Grafana: packaging/dashboard.py >etc/grafana/mtls_exporter.json

The classic model, which every Grafana since 8 imports and provisions. Change the dashboard here:
a test holds the file to what this prints."""
import json
import sys

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
EXPORTER = 'job=~"$job", instance=~"$instance"'
ROUTE = EXPORTER + ', target=~"$target", route=~"$route"'
SAME_ROUTE = "on (job, instance, target, route)"

# Party at fault, its number in the state timeline, what it is called, its colour.
PARTIES = (
    ("none", 0, "healthy", "green"),
    ("client", 1, "client", "orange"),
    ("server", 2, "server", "red"),
    ("proxy", 3, "proxy", "purple"),
    ("network", 4, "network", "blue"),
    ("exporter", 5, "exporter", "yellow"),
    ("unknown", 6, "unknown", "#808080"),
)
DAY_SECONDS = 86400


# ---- Parts ------------------------------------------------------------------------------------


def query(expression, legend="__auto", **more):
    return {"expr": expression, "legendFormat": legend, "datasource": DATASOURCE, **more}


def rows_query(expression):
    """Of a table: the values of now, a row each."""
    return query(expression, instant=True, range=False, format="table")


def panel(kind, title, description, queries, unit="none", **more):
    """queries get their letters here; more: fieldConfig's defaults and overrides, options, ..."""
    defaults = {"unit": unit, **more.pop("defaults", {})}
    for letter, one in zip("ABCDEFG", queries):
        one["refId"] = letter
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "targets": queries,
        "fieldConfig": {"defaults": defaults, "overrides": more.pop("overrides", [])},
        **more,
    }


def timeseries(title, description, queries, unit, stacked=False):
    custom = {"lineWidth": 1, "fillOpacity": 30 if stacked else 5, "showPoints": "never"}
    if stacked:
        custom["stacking"] = {"mode": "normal", "group": "A"}
    return panel(
        "timeseries",
        title,
        description,
        queries,
        unit,
        defaults={"min": 0, "custom": custom},
        options={
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
    )


def by_name(name, **properties):
    """An override of one field; two underscores stand for a dot in a property's name."""
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [
            {"id": key.replace("__", "."), "value": value} for key, value in properties.items()
        ],
    }


def steps(*pairs):
    """Thresholds: the first colour from minus infinity on, each next one from its value on."""
    return {
        "mode": "absolute",
        "steps": [{"value": value, "color": color} for value, color in pairs],
    }


def mapping(*rows):
    """Value, text, colour."""
    options = {
        str(value): {"text": text, "color": color, "index": index}
        for index, (value, text, color) in enumerate(rows)
    }
    return [{"type": "value", "options": options}]


def organize(hide, order, rename):
    """The columns of a table."""
    return {
        "id": "organize",
        "options": {
            "excludeByName": {name: True for name in hide},
            "indexByName": {name: index for index, name in enumerate(order)},
            "renameByName": rename,
        },
    }


def table(title, description, queries, transformations, sort, **more):
    return panel(
        "table",
        title,
        description,
        queries,
        options={"showHeader": True, "cellHeight": "sm", "sortBy": [sort]},
        transformations=transformations,
        **more,
    )


# ---- Whose fault ------------------------------------------------------------------------------


def parties():
    queries = []
    overrides = []
    for fault, _, name, color in PARTIES:
        queries.append(query(f'sum(mtls_fault{{{ROUTE}, fault="{fault}"}})', name, instant=True))
        idle = "transparent" if fault != "none" else color
        overrides.append(by_name(name, thresholds=steps((None, idle), (1, color))))
    return panel(
        "stat",
        "Routes of targets, by the party at fault",
        "Each target is diagnosed on each of its routes: healthy, or exactly one party at fault.",
        queries,
        overrides=overrides,
        options={
            "colorMode": "background",
            "graphMode": "none",
            "textMode": "value_and_name",
            "justifyMode": "center",
            "orientation": "vertical",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        },
    )


def faults():
    page = "${scheme}://${__data.fields.instance}/targets/${__data.fields.target}"
    link = {"title": "What was seen, and what to do", "url": page, "targetBlank": True}
    return table(
        "Current faults",
        "Who should act and why. A click on the reason leads to the exporter's page of the target: "
        "what was seen on the wire, and the remedy.",
        [
            rows_query(
                f"1000 * mtls_last_diagnosis_change_timestamp_seconds{{{ROUTE}}} * {SAME_ROUTE} "
                f'group_left (fault, reason) mtls_diagnosis_info{{{ROUTE}, fault!="none"}}'
            )
        ],
        [
            organize(
                ("Time", "job"),
                ("fault", "reason", "target", "route", "Value", "instance"),
                {"Value": "since"},
            )
        ],
        {"displayName": "fault", "desc": False},
        overrides=[
            by_name("since", unit="dateTimeFromNow"),
            by_name("instance", custom__hidden=True),
            by_name("reason", links=[link]),
            by_name(
                "fault",
                custom__cellOptions={"type": "color-background", "mode": "basic"},
                mappings=mapping(*((fault, name, color) for fault, _, name, color in PARTIES)),
            ),
        ],
    )


def history():
    sum_of_parties = " or ".join(
        f'{number} * mtls_fault{{{ROUTE}, fault="{fault}"}}' for fault, number, *_ in PARTIES
    )
    return panel(
        "state-timeline",
        "Party at fault, over time",
        "When did it begin, and did all routes of a target change at once? Then it is the server; "
        "all targets of one route: then it is the proxy.",
        [query(f"max by (target, route) ({sum_of_parties})", "{{target}} {{route}}")],
        defaults={
            "custom": {"fillOpacity": 80, "lineWidth": 0},
            "mappings": mapping(*((number, name, color) for _, number, name, color in PARTIES)),
        },
        options={
            "mergeValues": True,
            "showValue": "never",
            "rowHeight": 0.8,
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        },
    )


# ---- Client and server certificates -----------------------------------------------------------

ANSWERS = (
    ("requested", "mtls_client_certificate_requested", True),
    ("required", "mtls_client_certificate_required", True),
    ("accepted", "mtls_client_certificate_accepted", True),
    ("untrusted accepted", "mtls_untrusted_client_certificate_accepted", False),
    ("issuer listed", "mtls_client_certificate_issuer_acceptable", True),
)


def answers():
    overrides = []
    for name, _, good in ANSWERS:
        colors = ("orange", "green") if good else ("green", "red")
        words = mapping((0, "no", colors[0]), (1, "yes", colors[1]))
        overrides.append(by_name(name, mappings=words, custom__cellOptions={"type": "color-text"}))
    names = {f"Value #{letter}": name for letter, (name, *_) in zip("ABCDE", ANSWERS)}
    return table(
        "What the servers do with client certificates",
        "Whether a certificate is requested, whether a client without one is refused, whether ours "
        "and whether an untrusted look-alike is accepted, and whether our issuer is among the CAs "
        "that the server lists. Empty: cannot be known.",
        [rows_query(f"max by (target, route) ({family}{{{ROUTE}}})") for _, family, _ in ANSWERS],
        [
            {"id": "merge", "options": {}},
            organize(("Time",), ("target", "route", *names), names),
        ],
        {"displayName": "target", "desc": False},
        overrides=overrides,
    )


def changes():
    return timeseries(
        "Changes of the diagnosis",
        "By target, over all its routes. A target that changes all the time has several servers "
        "behind one address, or a proxy that is not sure of itself.",
        [
            query(
                "sum by (target) "
                f"(increase(mtls_diagnosis_changes_total{{{ROUTE}}}[$__rate_interval]))",
                "{{target}}",
            )
        ],
        "none",
    )


def client_certificates():
    return panel(
        "bargauge",
        "Days left of client certificates",
        "Of the credentials that the exporter presents.",
        [
            query(
                "sort(min by (credential) ("
                f"mtls_client_certificate_not_after_timestamp_seconds{{{EXPORTER}}} - time()"
                f") / {DAY_SECONDS})",
                "{{credential}}",
                instant=True,
            )
        ],
        defaults={
            "min": 0,
            "max": 90,
            "decimals": 0,
            "color": {"mode": "thresholds"},
            "thresholds": steps((None, "red"), (7, "orange"), (30, "green")),
        },
        options={
            "displayMode": "basic",
            "orientation": "horizontal",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        },
    )


def server_certificates():
    return table(
        "Days left of server certificates",
        "Of the certificate that answers on each route: through an intercepting proxy it is the "
        "proxy's own, and its issuer says so.",
        [
            rows_query(
                f"(mtls_server_certificate_not_after_timestamp_seconds{{{ROUTE}}} - time()) "
                f"/ {DAY_SECONDS} * {SAME_ROUTE} group_left (subject, issuer) "
                f"mtls_server_certificate_info{{{ROUTE}}}"
            )
        ],
        [
            organize(
                ("Time", "job", "instance"),
                ("Value", "target", "route", "subject", "issuer"),
                {"Value": "days left"},
            )
        ],
        {"displayName": "days left", "desc": False},
        overrides=[
            by_name(
                "days left",
                decimals=0,
                thresholds=steps((None, "red"), (7, "orange"), (14, "green")),
                custom__cellOptions={"type": "color-text"},
            )
        ],
    )


# ---- Latencies --------------------------------------------------------------------------------

PHASE = "mtls_probe_phase_duration_seconds"


def phases():
    return timeseries(
        "Phases of a probe",
        "Mean over all targets and routes shown. settle: waiting for a late alert, as a TLS 1.3 "
        "server judges our certificate after our handshake is done.",
        [query(f"avg by (phase) ({PHASE}{{{ROUTE}}})", "{{phase}}")],
        "s",
        stacked=True,
    )


def slowest():
    return timeseries(
        "Slowest TLS handshakes",
        "The ten slowest targets and routes.",
        [
            query(
                f'topk(10, max by (target, route) ({PHASE}{{{ROUTE}, phase="handshake"}}))',
                "{{target}} {{route}}",
            )
        ],
        "s",
    )


def whole_probes():
    rates = (
        "sum by (le) (rate(mtls_probe_duration_seconds_bucket"
        f'{{{EXPORTER}, route=~"$route"}}[$__rate_interval]))'
    )
    return timeseries(
        "Whole probes",
        "Quantiles over all targets.",
        [
            query(f"histogram_quantile({quantile}, {rates})", f"p{quantile * 100:.0f}")
            for quantile in (0.5, 0.9, 0.99)
        ],
        "s",
    )


def handshakes():
    return timeseries(
        "TLS handshake, by route",
        "Mean over targets. A proxy that intercepts answers faster than the servers do.",
        [query(f'avg by (route) ({PHASE}{{{ROUTE}, phase="handshake"}})', "{{route}}")],
        "s",
    )


def detour():
    until_tls = 'phase=~"resolve|connect|tunnel|starttls|handshake"'
    proxied = (
        "sum by (job, instance, target, route) "
        f'({PHASE}{{{ROUTE}, route!="direct", {until_tls}}})'
    )
    direct = (
        f'sum by (job, instance, target) ({PHASE}{{{EXPORTER}, target=~"$target", '
        f'route="direct", {until_tls}}})'
    )
    return timeseries(
        "Extra time through the proxy",
        "Until TLS is established, compared with the direct route; mean over targets.",
        [
            query(
                f"avg by (route) ({proxied} - on (job, instance, target) group_left () {direct})",
                "{{route}}",
            )
        ],
        "s",
    )


def tunnels():
    return timeseries(
        "Intact tunnels",
        "Share of targets whose TLS ends at the target itself, not at the proxy.",
        [query(f"avg by (route) (mtls_tunnel_intact{{{ROUTE}}})", "{{route}}")],
        "percentunit",
    )


# ---- The exporter -----------------------------------------------------------------------------


def exporter():
    good = mapping((0, "no", "red"), (1, "yes", "green"))
    return panel(
        "stat",
        "Exporter",
        "Is it scraped, did the last reload succeed, how many targets are configured, and how old "
        "is the oldest result?",
        [
            query(f"min(up{{{EXPORTER}}})", "up", instant=True),
            query(
                f"min(mtls_exporter_config_last_reload_successful{{{EXPORTER}}})",
                "configuration good",
                instant=True,
            ),
            query(f"sum(mtls_targets{{{EXPORTER}}})", "targets", instant=True),
            query(
                f"time() - min(mtls_last_probe_timestamp_seconds{{{ROUTE}}})",
                "oldest result",
                instant=True,
            ),
        ],
        overrides=[
            by_name("up", mappings=good),
            by_name("configuration good", mappings=good),
            by_name("oldest result", unit="s", decimals=0),
        ],
        options={
            "colorMode": "value",
            "graphMode": "none",
            "textMode": "value_and_name",
            "orientation": "vertical",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        },
    )


def probes():
    return timeseries(
        "Probes a second",
        "Probes that ended, and those of them that ended before all their phases were done.",
        [
            query(f"sum(rate(mtls_probes_total{{{ROUTE}}}[$__rate_interval]))", "probes"),
            query(
                f"sum(rate(mtls_probe_failures_total{{{ROUTE}}}[$__rate_interval]))", "incomplete"
            ),
        ],
        "ops",
    )


def skipped():
    return timeseries(
        "Rounds skipped a second",
        "Rounds that were due while the one before had not ended, or too many probes were in "
        "flight. Should be 0.",
        [
            query(
                "sum by (instance) "
                f"(rate(mtls_rounds_skipped_total{{{EXPORTER}}}[$__rate_interval]))",
                "{{instance}}",
            )
        ],
        "ops",
    )


def lag():
    return timeseries(
        "Scheduler lag",
        "How late the last round was begun. Should be milliseconds.",
        [query(f"max by (instance) (mtls_scheduler_lag_seconds{{{EXPORTER}}})", "{{instance}}")],
        "s",
    )


def cpu():
    return timeseries(
        "CPU",
        "CPU seconds a second: 1 is one core.",
        [
            query(
                "sum by (instance) "
                f"(rate(process_cpu_seconds_total{{{EXPORTER}}}[$__rate_interval]))",
                "{{instance}}",
            )
        ],
        "none",
    )


def memory():
    return timeseries(
        "Resident memory",
        "Should stay flat.",
        [
            query(
                f"sum by (instance) (process_resident_memory_bytes{{{EXPORTER}}})", "{{instance}}"
            )
        ],
        "bytes",
    )


# ---- All together -----------------------------------------------------------------------------

# A row: its title, then lines of (width, panel) with their height. Widths add up to 24.
ROWS = (
    (
        "Is mutual TLS healthy, and if not, whose fault is it?",
        (4, (24, parties)),
        (10, (12, faults), (12, history)),
    ),
    ("What the servers do", (9, (14, answers), (10, changes))),
    ("Certificates, by days left", (8, (8, client_certificates), (16, server_certificates))),
    ("Latencies", (8, (8, phases), (8, slowest), (8, whole_probes))),
    ("Tunnel versus direct", (8, (8, handshakes), (8, detour), (8, tunnels))),
    (
        "The exporter",
        (6, (8, exporter), (8, probes), (8, skipped)),
        (6, (8, lag), (8, cpu), (8, memory)),
    ),
)


def place(panels, one, x, y, width, height):
    one["id"] = len(panels) + 1
    one["gridPos"] = {"x": x, "y": y, "w": width, "h": height}
    panels.append(one)


def panels_of_rows():
    panels = []
    y = 0
    for title, *lines in ROWS:
        row = {"type": "row", "title": title, "collapsed": False, "panels": []}
        place(panels, row, 0, y, 24, 1)
        y += 1
        for height, *line in lines:
            x = 0
            for width, make in line:
                place(panels, make(), x, y, width, height)
                x += width
            y += height
    return panels


def labels_variable(name, selector):
    asked = f"label_values(mtls_fault{selector}, {name})"
    return {
        "type": "query",
        "name": name,
        "label": name.capitalize(),
        "datasource": DATASOURCE,
        "query": asked,
        "definition": asked,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def variables():
    return [
        {"type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus"},
        labels_variable("job", ""),
        labels_variable("instance", '{job=~"$job"}'),
        labels_variable("target", f"{{{EXPORTER}}}"),
        labels_variable("route", f'{{{EXPORTER}, target=~"$target"}}'),
        {
            "type": "custom",
            "name": "scheme",
            "label": "Exporter's pages",
            "query": "http,https",
            "current": {"text": "http", "value": "http"},
        },
    ]


def dashboard():
    return {
        "id": None,
        "uid": "mtls-exporter",
        "title": "Mutual TLS",
        "description": "Is mutual TLS healthy, and if not, whose fault is it? By mtls_exporter.",
        "tags": ["mtls", "tls", "prometheus"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": variables()},
        "annotations": {"list": []},
        "links": [],
        "panels": panels_of_rows(),
    }


if __name__ == "__main__":
    json.dump(dashboard(), sys.stdout, indent=2, ensure_ascii=True)
    print()
