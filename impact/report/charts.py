"""Charts of a report as SVG, through Vega-Lite: without style attributes or scripts. A table stands beneath each.

Colour is never alone in saying something: signs, words and places say it, too.
"""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import altair as alt
import vl_convert

BLUE, BROWN, GREY, LIGHT = "#0066cc", "#7a5210", "#5b6f82", "#e8f1fb"
FONT = "Titillium Web, Arial, sans-serif"
WIDTH = 640
LOCALES = {"it": "it-IT", "en": "en-GB"}
BOX, GAP = 96, 14  # pixels of a box of the theory of change


def _svg(chart: alt.TopLevelMixin, language: str) -> str:
    chart = chart.configure(font=FONT).configure_axis(labelFontSize=13, titleFontSize=13, domainColor=GREY, labelLimit=260)
    drawn = chart.configure_view(strokeWidth=0).to_dict()
    return vl_convert.vegalite_to_svg(drawn, vl_version="6.1", format_locale=LOCALES[language])


def picture(svg: str, name: str) -> str:
    """For a page: one picture with one name, whose parts readers of screens do not stop at."""
    size = re.search(r' viewBox="[^"]+"', svg)[0]
    body = re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", svg.partition(">")[2])
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(name)}"{size}>{body}'


def achievement(rows: Iterable[tuple[str, float]], target: str, language: str) -> str:
    """Bars of (metric, share of the way to the target), with a line at the target."""
    data = alt.Data(values=[{"words": words, "value": value, "end": max(value, 1)} for words, value in rows])
    base = alt.Chart(data).encode(y=alt.Y("words:N", sort=None, axis=alt.Axis(title=None)))
    bars = base.mark_bar(color=BLUE).encode(x=alt.X("value:Q", axis=alt.Axis(title=None, format=".0%", tickCount=6)))
    figures = base.mark_text(align="left", dx=5, fontSize=13).encode(x="end:Q", text=alt.Text("value:Q", format=".1%"))
    goal = alt.Chart(alt.Data(values=[{"value": 1, "words": target}]))
    line = goal.mark_rule(color=BROWN, strokeDash=[6, 4], strokeWidth=2).encode(x="value:Q")
    name = goal.mark_text(color=BROWN, dy=-8, baseline="bottom", fontSize=13).encode(x="value:Q", y=alt.value(0), text="words:N")
    return _svg((bars + figures + line + name).properties(width=WIDTH - 280, height={"step": 34}), language)


def waterfall(steps: Sequence[tuple[str, float]], total: tuple[str, float], language: str) -> str:
    """Each (words, amount) begins where the one before it ended; the total begins at zero."""
    values, at = [], 0.0
    for words, amount in steps:
        kind = "plus" if amount >= 0 else "minus"
        values.append({"words": words, "from": at, "to": at + amount, "amount": amount, "kind": kind})
        at += amount
    values.append({"words": total[0], "from": 0, "to": total[1], "amount": total[1], "kind": "total"})
    for value in values:
        value["end"] = max(value["from"], value["to"])
    base = alt.Chart(alt.Data(values=values)).encode(y=alt.Y("words:N", sort=None, axis=alt.Axis(title=None)))
    colour = alt.Color("kind:N", scale=alt.Scale(domain=["plus", "minus", "total"], range=[BLUE, BROWN, GREY]), legend=None)
    axis = alt.Axis(title=None, format=",.0f", tickCount=5)
    bars = base.mark_bar().encode(x=alt.X("from:Q", axis=axis), x2="to:Q", color=colour)
    figures = base.mark_text(align="left", dx=5, fontSize=13).encode(x="end:Q", text=alt.Text("amount:Q", format="+,.2f"))
    return _svg((bars + figures).properties(width=WIDTH - 260, height={"step": 32}), language)


def pre_post(arms: Sequence[Mapping[str, Any]], waves: tuple[str, str], score: str, language: str) -> str:
    """For each arm {name, pairs (may be empty), pre, post}: a thin line a person, a thick one for the means."""
    ends = [end for arm in arms for pair in (*arm["pairs"], (arm["pre"], arm["post"])) for end in pair]
    scale = alt.Scale(domain=[min(ends), max(ends)], nice=True, zero=False)
    panels = []
    for number, arm in enumerate(arms):
        axis = alt.Axis(title=score if number == 0 else None)
        x = alt.X("wave:O", sort=list(waves), axis=alt.Axis(title=None, labelAngle=0))
        y = alt.Y("score:Q", scale=scale, axis=axis)
        points = [
            {"wave": wave, "score": value, "person": person}
            for person, pair in enumerate(arm["pairs"])
            for wave, value in zip(waves, pair, strict=True)
        ]
        means = [{"wave": wave, "score": value} for wave, value in zip(waves, (arm["pre"], arm["post"]), strict=True)]
        thick = {"color": BLUE, "strokeWidth": 4, "point": {"size": 90, "color": BLUE}}
        line = alt.Chart(alt.Data(values=means)).mark_line(**thick).encode(x, y)
        if points:
            each = alt.Chart(alt.Data(values=points)).mark_line(color=GREY, opacity=0.45, strokeWidth=1)
            line = each.encode(x, y, detail="person:N") + line
        panels.append(line.properties(width=(WIDTH - 160) / 2, height=280, title=arm["name"]))
    return _svg(alt.hconcat(*panels), language)


def effect(rows: Iterable[tuple[str, float, float, float]], bracket: tuple[str, float, float], axis: str, language: str) -> str:
    """(method, estimate, low, high of its interval), and the bracket of the two estimates; a line at no effect."""
    data = alt.Data(values=[{"words": words, "value": value, "low": low, "high": high} for words, value, low, high in rows])
    words, low, high = bracket
    y = alt.Y("words:N", sort=None, axis=alt.Axis(title=None))
    x = alt.X("low:Q", axis=alt.Axis(title=axis))
    spans = alt.Chart(data).mark_rule(color=BLUE, strokeWidth=3).encode(x=x, x2="high:Q", y=y)
    points = alt.Chart(data).mark_point(color=BLUE, filled=True, size=110, opacity=1).encode(x="value:Q", y=y)
    held = alt.Chart(alt.Data(values=[{"words": words, "low": low, "high": high}]))
    band = held.mark_rule(color=BROWN, strokeWidth=8).encode(x="low:Q", x2="high:Q", y=y)
    dots = held.mark_tick(color=BROWN, thickness=3, size=22).encode(x="low:Q", y=y)
    nothing = alt.Chart(alt.Data(values=[{"value": 0}])).mark_rule(color=GREY, strokeDash=[4, 4]).encode(x="value:Q")
    return _svg((nothing + spans + points + band + dots).properties(width=WIDTH - 240, height={"step": 40}), language)


def flow(arms: Sequence[tuple[str, Sequence[tuple[str, str]]]], language: str) -> str:
    """For each (arm, its (stage, count)): boxes from left to right, with arrows between them."""
    boxes, arrows = [], []
    for row, (_, stages) in enumerate(arms):
        for column, (stage, count) in enumerate(stages):
            words = f"{stage}\n{count}"
            box = {"x": column, "x2": column + 0.78, "y": row, "y2": row + 0.66, "mid": column + 0.39, "at": row + 0.33}
            boxes.append(box | {"words": words})
            if column:
                arrows.append({"x": column - 0.22, "x2": column - 0.06, "y": row + 0.33})
    drawn, between = alt.Chart(alt.Data(values=boxes)), alt.Chart(alt.Data(values=arrows))
    names = alt.Chart(alt.Data(values=[{"x": 0, "y": row, "words": arm} for row, (arm, _) in enumerate(arms)]))
    parts = [
        drawn.mark_rect(fill=LIGHT, stroke=BLUE).encode(**_place("x", "y"), x2="x2:Q", y2="y2:Q"),
        drawn.mark_text(lineBreak="\n", fontSize=13, dy=-8).encode(**_place("mid", "at"), text="words:N"),
        names.mark_text(align="left", dy=-9, fontSize=13, fontWeight="bold").encode(**_place("x", "y"), text="words:N"),
        between.mark_rule(color=GREY, strokeWidth=2).encode(**_place("x", "y"), x2="x2:Q"),
        between.mark_point(shape="triangle-right", filled=True, color=GREY, opacity=1, size=80).encode(**_place("x2", "y")),
    ]
    return _svg(alt.layer(*parts).properties(width=WIDTH - 40, height=110 * len(arms)), language)


def _place(x: str, y: str) -> dict[str, Any]:
    """Where a mark stands in a drawing without axes, from the top down; every layer says so, or Vega-Lite fails."""
    return {"x": alt.X(f"{x}:Q", axis=None), "y": alt.Y(f"{y}:Q", axis=None, scale=alt.Scale(reverse=True))}


def theory(levels: Sequence[tuple[str, Sequence[Mapping[str, Any]]]], language: str) -> str:
    """Columns of (level, its links {code, what, figures, leads_to}), each link a box with its live figures."""
    most = max(len(links) for _, links in levels)
    boxes, middles = [], {}
    for column, (_, links) in enumerate(levels):
        for row, link in enumerate(links):
            top = row + (most - len(links)) / 2
            middles[link["code"]] = (column, top + 0.44)
            words = textwrap.wrap(link["what"], 27) + textwrap.wrap(link["figures"], 27)
            box = {"x": column, "x2": column + 0.86, "y": top, "y2": top + 0.88, "mid": column + 0.43}
            boxes.append(box | {"at": top + 0.44, "up": -5.5 * (len(words) - 1), "words": "\n".join(words)})
    arrows = []
    for _, links in levels:
        for link in links:
            for target in link["leads_to"]:
                (column, row), (to, end) = middles[link["code"]], middles[target]
                arrows.append({"x": column + 0.86, "y": row, "x2": to, "y2": end})
    heads = alt.Data(values=[{"mid": column + 0.43, "y": -0.12, "words": name} for column, (name, _) in enumerate(levels)])
    lines = alt.Chart(alt.Data(values=arrows)).mark_rule(color=GREY, opacity=0.6).encode(**_place("x", "y"), x2="x2:Q", y2="y2:Q")
    frames = alt.Chart(alt.Data(values=boxes)).mark_rect(fill=LIGHT, stroke=BLUE).encode(**_place("x", "y"), x2="x2:Q", y2="y2:Q")
    texts = [
        alt.Chart(alt.Data(values=[box]))
        .mark_text(lineBreak="\n", fontSize=10, dy=box["up"])
        .encode(**_place("mid", "at"), text="words:N")
        for box in boxes
    ]
    names = alt.Chart(heads).mark_text(fontSize=14, fontWeight="bold").encode(**_place("mid", "y"), text="words:N")
    drawn = alt.layer(lines, frames, *texts, names)
    return _svg(drawn.properties(width=960, height=(BOX + GAP) * most), language)
