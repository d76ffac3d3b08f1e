"""Charts as SVG in the page, through Vega-Lite: without styles or scripts of their own, which the page would not allow.

A table with the same figures stands beneath each, so a chart is a picture with a name: readers of screens hear the table.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from hub.filters import language

if TYPE_CHECKING:
    import altair

BLUE, WHITE = "#0066cc", "#f5f9ff"
FONT = "Titillium Web, Arial, sans-serif"
WIDTH = 560
LOCALES = {"it": "it-IT", "en": "en-GB"}


def bars(name: str, values: Iterable[tuple[str, float]], *, share: bool = False) -> Markup:
    """Horizontal bars, one for each (words, value), in this order. name: what the picture shows; share: values from 0 to 1."""
    import altair  # 40 MB that a process has only once somebody looks at a chart

    data = altair.Data(values=[{"words": words, "value": value} for words, value in values])
    scale = altair.Scale(domain=[0, 1]) if share else altair.Scale(domainMin=0)
    style = ".0%" if share else ",.1~f"
    axis = altair.Axis(title=None, format=style, tickCount=5)
    names = altair.Axis(title=None, labelLimit=220)
    drawn = altair.Chart(data).encode(x=altair.X("value:Q", scale=scale, axis=axis), y=altair.Y("words:N", sort=None, axis=names))
    figures = drawn.mark_text(align="left", dx=5, fontSize=13).encode(text=altair.Text("value:Q", format=style))
    chart = drawn.mark_bar(color=BLUE) + figures
    return _svg(name, chart.properties(width=WIDTH - 230, height={"step": 26}))


def heat(name: str, cells: Mapping[tuple[str, str], float], rows: Iterable[str], columns: Iterable[str]) -> Markup:
    """A grid of shares from 0 to 1, the darker the more, up to the largest: one for each (row, column)."""
    import altair

    values = [{"row": row, "column": column, "value": value} for (row, column), value in cells.items()]
    colour = altair.Color(
        "value:Q",
        scale=altair.Scale(domain=[0, max(cells.values()) or 1], range=[WHITE, BLUE]),
        legend=altair.Legend(title=None, format=".0%"),
    )
    chart = altair.Chart(altair.Data(values=values)).mark_rect(stroke="#d9dadb").encode(
        x=altair.X("column:O", sort=list(columns), axis=altair.Axis(title=None, labelAngle=0)),
        y=altair.Y("row:O", sort=list(rows), axis=altair.Axis(title=None)),
        color=colour,
    )  # fmt: skip
    return _svg(name, chart.properties(width=WIDTH - 160, height={"step": 26}))


def _svg(name: str, chart: "altair.Chart") -> Markup:
    import vl_convert

    chart = chart.configure(font=FONT).configure_axis(labelFontSize=13, domainColor="#5b6f82").configure_view(strokeWidth=0)
    locale = LOCALES[language()]
    picture = vl_convert.vegalite_to_svg(chart.to_dict(), vl_version="6.1", format_locale=locale)
    size = re.search(r' viewBox="[^"]+"', picture)[0]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="hub-chart" role="img" aria-label="{escape(name)}"{size}>'
    body = re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", picture.partition(">")[2])
    return Markup(head + body)  # noqa: S704 - drawn by the library, which escapes the words that it is given
