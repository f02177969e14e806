"""Figures as Markdown and as a plot."""

import os
import platform
import re
from statistics import median

BEGIN, END = "<!-- figures: written by `make bench WRITE=1` -->", "<!-- end of figures -->"
OURS, FLOOR = "monologued", "bench-floor"
COLOURS = {OURS: "#0a7d5a", "nats-server": "#4a76b8", "mosquitto": "#8a63a8", "Redis": "#b8534a", "Node ws": "#8c8c4a"}


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def spread(values):
    if len(values) == 1:
        return number(values[0])
    return f"{number(median(values))} ({number(min(values))} to {number(max(values))})"


def row(*cells):
    return "| " + " | ".join(cells) + " |"


def absolute(figures, results):
    if not results:
        return ""
    return number(figures.median(results)) + (" us" if figures.workload.figure.endswith("_us") else "")


def goal_table(all_figures):
    lines = [row("workload", "goal", "monologued", "ours", "the other"), "|---|---|---|---|---|"]
    for f in all_figures:
        w = f.workload
        goal = "" if w.goal is None else number(w.goal)
        lines.append(row(w.name, goal, f"{spread(f.verdicts(f.ours))} {w.unit}", absolute(f, f.ours),
                         absolute(f, f.base)))
    return "\n".join(lines)


def contestants(f):
    """Everybody who bore this load, the cheapest first."""
    everybody = {OURS: f.ours, **f.peers}
    if f.base:
        everybody[FLOOR] = f.base
    return sorted(everybody.items(), key=lambda item: f.median(item[1]))


def of(results, name):
    return number(median(r[name] for r in results))


def peer_table(f):
    if f.workload.figure == "idle":
        lines = [row(f.workload.name, "bytes"), "|---|---|"]
        return "\n".join(lines + [row(name, number(f.median(results))) for name, results in contestants(f)])
    lines = [row(f.workload.name, "CPU a message, us", "of the floor", "messages/s", "p50, us", "p99, us", "p99.9, us"),
             "|---|---|---|---|---|---|---|"]
    for name, results in contestants(f):
        lines.append(row(name, number(f.median(results)), number(median(f.ratios(results))), of(results, "per_second"),
                         of(results, "p50_us"), of(results, "p99_us"), of(results, "p999_us")))
    return "\n".join(lines)


def machine():
    with open("/proc/cpuinfo") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) / 1048576
    return (f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} CPUs, {memory:.0f} GiB, "
            f"{platform.system()} {platform.release()}")


def page(all_figures):
    compared = [f for f in all_figures if f.peers]
    rounds = len(all_figures[0].ours) if all_figures else 0
    parts = [f"Medians of {rounds} rounds (and their range) on: {machine()}.", goal_table(all_figures),
             *map(peer_table, compared)]
    return "\n\n".join(parts)


# ---- the plot: a group of bars for each workload, as long as CPU per message over the floor's ----

WIDTH, LABEL, BAR, GAP, GROUP = 760, 150, 16, 4, 44


def bar(y, name, ratio, scale):
    width = max(2.0, ratio * scale)
    inside = width > WIDTH - LABEL - 60
    x = LABEL + width - 6 if inside else LABEL + width + 6
    style = 'fill="#fff" text-anchor="end"' if inside else 'class="t"'
    return (f'<text x="{LABEL - 8}" y="{y + 12}" text-anchor="end" class="t">{name}</text>'
            f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2" fill="{COLOURS[name]}"/>'
            f'<text x="{x:.1f}" y="{y + 12}" {style}>{ratio:.2f}</text>')


def plot(all_figures):
    parts, y = [], 56
    for f in (f for f in all_figures if f.peers and f.base):
        named = {name: median(f.ratios(results)) for name, results in contestants(f) if name != FLOOR}
        scale = (WIDTH - LABEL - 20) / max(named.values())
        parts.append(f'<text x="{LABEL}" y="{y + 14}" class="h">{f.workload.name}</text>')
        top = y + 24
        for i, (name, ratio) in enumerate(named.items()):
            parts.append(bar(top + i * (BAR + GAP), name, ratio, scale))
        bottom = top + len(named) * (BAR + GAP)
        parts.append(f'<path d="M{LABEL + scale:.1f} {top - 4}V{bottom}" class="f"/>')
        y = bottom + GROUP - 24
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 8}" width="{WIDTH}" '
            'font-family="system-ui, sans-serif" font-size="12">\n'
            '<style>.t{fill:#555}.h{fill:#222;font-weight:600}.f{stroke:#d08a00;stroke-width:1.5;'
            'stroke-dasharray:3 3}@media(prefers-color-scheme:dark){.t{fill:#aaa}.h{fill:#eee}}</style>\n'
            f'<text x="{LABEL}" y="22" class="h" font-size="15">Server CPU per relayed message</text>'
            f'<text x="{LABEL}" y="40" class="t">as a multiple of a bare TCP relay (the dashed line); shorter is '
            'better</text>\n' + "\n".join(parts) + "\n</svg>\n")


def write(path, all_figures):
    """Puts the figures between the marks in the page, and the plot beside it."""
    with open(path) as file:
        text = file.read()
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    with open(path, "w") as file:
        file.write(f"{before}{BEGIN}\n\n{page(all_figures)}\n\n{END}{after}")
    with open(os.path.splitext(path)[0] + ".svg", "w") as file:
        file.write(plot(all_figures))
