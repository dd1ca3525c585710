# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the dashboard as HTML and SVG from what Prometheus answers to its queries: its own places,
units, colours and mappings, in the manner of Grafana. A picture, not Grafana itself."""
import datetime
import html
import math

from lab import dashboard as grafana

WIDTH = 1280
CELL_WIDTH = WIDTH / 24
CELL_HEIGHT = 38
GAP = 8
LINE_HEIGHT = 25  # of a table
POINTS = 240

COLORS = {
    "green": "#73bf69",
    "orange": "#ff9830",
    "red": "#f2495c",
    "purple": "#b877d9",
    "blue": "#5794f2",
    "yellow": "#fade2a",
    "transparent": "transparent",
}
SERIES_COLORS = (
    *("#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9"),
    *("#37872d", "#c0d8ff", "#ffb357", "#96d98d", "#ffa6b0"),
)

STYLE = """
* { box-sizing: border-box; margin: 0; }
body { background: #111217; color: #ccccdc; font: 12px/1.35 "Liberation Sans", Arial, sans-serif;
       position: relative; width: 1280px; }
.row { position: absolute; font-size: 15px; font-weight: bold; padding: 9px 2px; }
.panel { position: absolute; background: #181b1f; border: 1px solid #2c3036; border-radius: 3px;
         overflow: hidden; }
.panel h2 { font-size: 13px; font-weight: bold; padding: 7px 10px; height: 32px; }
.body { position: absolute; top: 32px; left: 10px; right: 10px; bottom: 8px; overflow: hidden; }
.stats { display: flex; gap: 6px; height: 100%; }
.stat { flex: 1; border-radius: 3px; display: flex; flex-direction: column; align-items: center;
        justify-content: center; white-space: nowrap; }
.stat b { font-size: 26px; line-height: 1.2; }
.stat.on { color: #111217; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; color: #8ab8ff; font-weight: normal; padding: 3px 8px; }
td { border-top: 1px solid #2c3036; padding: 4px 8px; white-space: nowrap; max-width: 190px;
     overflow: hidden; text-overflow: ellipsis; }
td a { color: inherit; text-decoration: underline; }
.bar { display: grid; grid-template-columns: 105px 1fr 42px; gap: 8px; align-items: center;
       margin-bottom: 9px; }
.bar div { background: #22252b; height: 22px; border-radius: 2px; }
.bar i { display: block; height: 100%; border-radius: 2px; }
.bar b { font-size: 16px; }
.legend { position: absolute; bottom: 0; left: 0; right: 0; color: #a0a0ac; max-height: 36px;
          overflow: hidden; line-height: 18px; }
.legend span { margin-right: 12px; white-space: nowrap; }
.legend i { display: inline-block; width: 12px; height: 4px; border-radius: 2px;
            margin: 0 5px 3px 0; }
svg { position: absolute; top: 0; left: 0; }
svg text { fill: #8e8e9c; font-size: 11px; }
"""


def color(name):
    return COLORS.get(name, name)


def escaped(text):
    return html.escape(str(text))


# ---- Values -----------------------------------------------------------------------------------


def scaled(value, base, names):
    index = 0
    while abs(value) >= base and index + 1 < len(names):
        value /= base
        index += 1
    return f"{value:.3g} {names[index]}"


def seconds_text(value):
    if value == 0:
        return "0 s"
    for limit, factor, name in ((1e-3, 1e6, "µs"), (1, 1e3, "ms"), (120, 1, "s")):
        if abs(value) < limit:
            return f"{value * factor:.3g} {name}"
    return f"{value / 60:.3g} min"


def shown(value, unit, decimals=None, now=0):
    """A value as Grafana shows it in this unit."""
    if unit == "s":
        return seconds_text(round(value, decimals) if decimals is not None else value)
    if unit == "bytes":
        return scaled(value, 1024, ("B", "KiB", "MiB", "GiB"))
    if unit == "percentunit":
        return f"{value * 100:.3g}%"
    if unit == "ops":
        return f"{value:.3g} ops/s"
    if unit == "dateTimeFromNow":
        minutes = round((now - value / 1000) / 60)
        return "a few seconds ago" if minutes < 1 else f"{minutes} minute{'s'[minutes == 1:]} ago"
    return f"{value:.{decimals}f}" if decimals is not None else f"{value:.4g}"


def at_thresholds(thresholds, value):
    found = "green"
    for step in thresholds["steps"] if thresholds else ():
        if step["value"] is None or value >= step["value"]:
            found = step["color"]
    return color(found)


class Field:
    """How one field is shown: the panel's defaults with the overrides by its name."""

    def __init__(self, panel, name):
        self.name = name
        config = panel["fieldConfig"]
        self.properties = dict(config["defaults"])
        for override in config["overrides"]:
            if override["matcher"]["options"] == name:
                for one in override["properties"]:
                    self.properties[one["id"]] = one["value"]

    def get(self, name, default=None):
        return self.properties.get(name, default)

    def mapped(self, value):
        """Text and colour of a mapping; None where no mapping has this value."""
        key = f"{value:g}" if isinstance(value, float) else str(value)
        for mapping in self.get("mappings", ()):
            if key in mapping["options"]:
                option = mapping["options"][key]
                return option["text"], color(option["color"])
        return None

    def text_and_color(self, value, now):
        """The colour is None where nothing asks for one."""
        mapped = self.mapped(value)
        if mapped:
            return mapped
        if isinstance(value, str):
            return value, None
        text = shown(value, self.get("unit"), self.get("decimals"), now)
        thresholds = self.get("thresholds")
        return text, at_thresholds(thresholds, value) if thresholds else None


# ---- Data -------------------------------------------------------------------------------------


class Source:
    """Prometheus, asked for the last seconds before end."""

    def __init__(self, prometheus, end, seconds, rate_interval):
        self.prometheus = prometheus
        self.end = end
        self.begin = end - seconds
        self.step = seconds / POINTS
        self.rate_interval = rate_interval

    def instant(self, target):
        """[(labels, value)]"""
        asked = grafana.filled_in(target["expr"], self.rate_interval)
        result = self.prometheus.ask("query", query=asked, time=self.end)["result"]
        return [(one["metric"], float(one["value"][1])) for one in result]

    def range(self, target):
        """[(legend, [(time, value)])]"""
        data = self.prometheus.ask(
            "query_range",
            query=grafana.filled_in(target["expr"], self.rate_interval),
            start=self.begin,
            end=self.end,
            step=self.step,
        )
        return [
            (
                legend(target, one["metric"]),
                [(float(time), float(value)) for time, value in one["values"]],
            )
            for one in data["result"]
        ]


def legend(target, labels):
    text = target["legendFormat"]
    for name, value in labels.items():
        text = text.replace("{{" + name + "}}", value)
    return text


# ---- Panels -----------------------------------------------------------------------------------


def draw_stat(panel, source, *_):
    cells = []
    background = panel["options"]["colorMode"] == "background"
    for target in panel["targets"]:
        for labels, value in source.instant(target):
            field = Field(panel, legend(target, labels))
            text, hue = field.text_and_color(value, source.end)
            hue = hue or color("green")
            if background:
                on = "stat on" if hue != "transparent" else "stat"
                style = f"background:{hue}"
            else:
                on, style = "stat", f"color:{hue}"
            words = f"<b>{escaped(text)}</b>{escaped(field.name)}"
            cells.append(f'<div class="{on}" style="{style}">{words}</div>')
    return f'<div class="stats">{"".join(cells)}</div>'


def table_rows(panel, source):
    """Rows as {column: value}, with the values of all queries that share their labels."""
    merged = {}
    several = len(panel["targets"]) > 1
    for target in panel["targets"]:
        column = f"Value #{target['refId']}" if several else "Value"
        for labels, value in source.instant(target):
            row = merged.setdefault(tuple(sorted(labels.items())), dict(labels))
            row[column] = value
    return list(merged.values())


def draw_table(panel, source, _, height):
    organize = panel["transformations"][-1]["options"]
    order, rename = organize["indexByName"], organize["renameByName"]
    columns = [
        (name, Field(panel, rename.get(name, name)))
        for name in sorted(order, key=order.get)
        if name not in organize["excludeByName"]
    ]
    columns = [column for column in columns if not column[1].get("custom.hidden")]
    rows = table_rows(panel, source)
    sort = panel["options"]["sortBy"][0]["displayName"]
    key = {field.name: name for name, field in columns}[sort]
    rows.sort(key=lambda row: (row.get(key, ""), row.get("target", ""), row.get("route", "")))
    lines = ["".join(f"<th>{escaped(field.name)}</th>" for _, field in columns)]
    for row in rows[: int(height / LINE_HEIGHT) - 1]:
        lines.append("".join(cell(row.get(name), field, source.end) for name, field in columns))
    return "<table><tr>" + "</tr><tr>".join(lines) + "</tr></table>"


def cell(value, field, now):
    if value is None:
        return "<td></td>"
    text, hue = field.text_and_color(value, now)
    kind = field.get("custom.cellOptions", {}).get("type")
    style = ""
    if hue and kind == "color-background":
        style = f' style="background:{hue};color:#111217"'
    elif hue and kind == "color-text":
        style = f' style="color:{hue}"'
    text = escaped(text)
    return f"<td{style}>{'<a>' + text + '</a>' if field.get('links') else text}</td>"


def draw_bars(panel, source, *_):
    bars = []
    for target in panel["targets"]:
        for labels, value in source.instant(target):
            field = Field(panel, legend(target, labels))
            text, hue = field.text_and_color(value, source.end)
            share = min(value / field.get("max"), 1) * 100
            bars.append(
                f'<div class="bar"><span>{escaped(field.name)}</span>'
                f'<div><i style="width:{share:.1f}%;background:{hue}"></i></div>'
                f'<b style="color:{hue}">{escaped(text)}</b></div>'
            )
    return "".join(bars)


def legend_line(entries):
    spans = "".join(
        f'<span><i style="background:{hue}"></i>{escaped(name)}</span>' for name, hue in entries
    )
    return f'<div class="legend">{spans}</div>'


def time_axis(source, left, right, y):
    """Labels at round times, with their places."""
    width = right - left
    seconds = source.end - source.begin
    every = next(step for step in (60, 120, 300, 600, 1800, 3600) if seconds / step * 45 < width)
    time = math.ceil(source.begin / every) * every
    while time < source.end - every / 4:
        x = left + (time - source.begin) / seconds * width
        label = datetime.datetime.fromtimestamp(time, datetime.timezone.utc).strftime("%H:%M")
        yield x, f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{label}</text>'
        time += every


def draw_timeline(panel, source, width, height):
    field = Field(panel, "")
    series = sorted(one for target in panel["targets"] for one in source.range(target))
    left, bottom = 132, height - 44
    line = bottom / max(len(series), 1)
    parts = []
    used = {}
    for index, (name, points) in enumerate(series):
        y = index * line
        parts.append(f'<text x="0" y="{y + line / 2 + 4:.1f}">{escaped(name)}</text>')
        for begin, end, value in stretches(points, source.step):
            text, hue = field.mapped(value)
            used[value] = (text, hue)
            x = left + (begin - source.begin) / (source.end - source.begin) * (width - left)
            wide = (end - begin) / (source.end - source.begin) * (width - left)
            parts.append(
                f'<rect x="{x:.1f}" y="{y + line * 0.1:.1f}" width="{wide:.1f}" '
                f'height="{line * 0.8:.1f}" fill="{hue}" fill-opacity="0.85"/>'
            )
    parts += [text for _, text in time_axis(source, left, width, bottom + 14)]
    return svg(width, height, parts) + legend_line(used[value] for value in sorted(used))


def stretches(points, step):
    """(begin, end, value) of each time that a value stays the same."""
    found = []
    for time, value in points:
        if found and found[-1][2] == value and time - found[-1][1] < step / 2:
            found[-1][1] = time + step
        else:
            found.append([time, time + step, value])
    return found


def svg(width, height, parts):
    return f'<svg width="{width:.0f}" height="{height:.0f}">{"".join(parts)}</svg>'


def draw_lines(panel, source, width, height):
    unit = panel["fieldConfig"]["defaults"]["unit"]
    custom = panel["fieldConfig"]["defaults"]["custom"]
    series = [one for target in panel["targets"] for one in source.range(target)]
    if "stacking" in custom:
        series = stacked(series)
    else:
        series = [(name, points, []) for name, points in series]
    series = [(*one, SERIES_COLORS[i % len(SERIES_COLORS)]) for i, one in enumerate(series)]
    highest = max((value for _, points, *_ in series for _, value in points), default=1) or 1
    ticks = round_ticks(highest, 2**20 if unit == "bytes" else 1)
    lines_of_legend = 1 + (sum(40 + 6 * len(name) for name, *_ in series) > width)
    left, top, bottom = 62, 6, height - 24 - 18 * lines_of_legend
    scale = (bottom - top) / ticks[-1]

    def place(time, value):
        x = left + (time - source.begin) / (source.end - source.begin) * (width - left)
        return f"{x:.1f},{bottom - value * scale:.1f}"

    parts = []
    for tick in ticks:
        y = bottom - tick * scale
        parts.append(f'<path d="M{left},{y:.1f}H{width:.0f}" stroke="#2c3036"/>')
        text = shown(tick, unit)
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    for _, points, below, hue in reversed(series):
        line = " ".join(place(*point) for point in points)
        floor = below or [(points[0][0], 0), (points[-1][0], 0)]
        area = line + " " + " ".join(place(*point) for point in reversed(floor))
        opacity = custom["fillOpacity"] / 100
        parts.append(f'<polygon points="{area}" fill="{hue}" fill-opacity="{opacity}"/>')
        parts.append(f'<polyline points="{line}" fill="none" stroke="{hue}" stroke-width="1.5"/>')
    parts += [text for _, text in time_axis(source, left, width, bottom + 14)]
    return svg(width, height, parts) + legend_line((name, hue) for name, *_, hue in series)


def stacked(series):
    """Each on top of the one before: (legend, points, points of the one below)."""
    heights = {}
    found = []
    for name, points in series:
        below = [(time, heights.get(time, 0)) for time, _ in points]
        for time, value in points:
            heights[time] = heights.get(time, 0) + value
        found.append((name, [(time, heights[time]) for time, _ in points], below))
    return found


def round_ticks(highest, one):
    """Three to six round numbers of ones from 0 to at least highest."""
    magnitude = one * 10 ** math.floor(math.log10(highest / one))
    for factor in (0.2, 0.25, 0.5, 1, 2, 2.5):
        step = magnitude * factor
        count = math.ceil(highest / step)
        if count <= 5:
            return [step * index for index in range(count + 1)]
    raise AssertionError("not reached")


DRAW = {
    "stat": draw_stat,
    "table": draw_table,
    "bargauge": draw_bars,
    "state-timeline": draw_timeline,
    "timeseries": draw_lines,
}


def box(panel):
    place = panel["gridPos"]
    width = place["w"] * CELL_WIDTH - GAP
    height = place["h"] * CELL_HEIGHT - GAP
    style = (
        f"left:{place['x'] * CELL_WIDTH + GAP / 2:.1f}px;top:{place['y'] * CELL_HEIGHT}px;"
        f"width:{width:.1f}px;height:{height:.1f}px"
    )
    return style, width, height


def draw_panel(panel, source):
    style, width, height = box(panel)
    title = escaped(panel["title"])
    if panel["type"] == "row":
        return f'<div class="row" style="{style}">{title}</div>'
    inside = DRAW[panel["type"]](panel, source, width - 22, height - 42)
    inside = f'<h2>{title}</h2><div class="body">{inside}</div>'
    return f'<div class="panel" style="{style}">{inside}</div>'


def draw(dashboard, source, rows):
    """The page, and its height. rows: how many of the dashboard's rows, from the top."""
    panels = dashboard["panels"]
    titles = [index for index, panel in enumerate(panels) if panel["type"] == "row"]
    if rows < len(titles):
        panels = panels[: titles[rows]]
    height = max(box(panel)[2] + panel["gridPos"]["y"] * CELL_HEIGHT for panel in panels) + 2 * GAP
    drawn = "".join(draw_panel(panel, source) for panel in panels)
    page = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escaped(dashboard['title'])}</title><style>{STYLE}</style></head>"
        f'<body style="height:{height:.0f}px">{drawn}</body></html>'
    )
    return page, math.ceil(height)
