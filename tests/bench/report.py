"""Figures as tables in Markdown."""

from statistics import median


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def spread(values):
    return f"{number(median(values))} ({number(min(values))}-{number(max(values))})"


def table(all_figures):
    lines = ["| workload | goal | monologued | per message or connection | the other |", "|---|---|---|---|---|"]
    for f in all_figures:
        w = f.workload
        goal = "" if w.goal is None else f"<= {number(w.goal)}"
        lines.append(f"| {w.name} | {goal} | {spread(f.verdicts(f.ours))} {w.unit} | {number(f.median(f.ours))} "
                     f"| {number(f.median(f.base)) if f.base else ''} |")
    return "\n".join(lines)
