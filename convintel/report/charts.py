"""Charts as inline SVG: the same bytes for the same numbers, coloured by the page (light, dark, print).

Altair describes, vl-convert draws without network or browser. Colours are written as stand-ins and exchanged for CSS
variables, so that one SVG fits both colour schemes. Each chart carries its message as caption and its data as table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from convintel.language import count, entry, say
from convintel.language.formats import count_mean, mean, number

Row = dict[str, Any]
Drawer = Callable[[Any], Any]

INK, FAINT, MAIN, SOFT, WARM, GOOD, PALE, PAPER = (
    "#010101", "#020202", "#030303", "#040404", "#050505", "#060606", "#070707", "#080808",
)  # fmt: skip
VARIABLES: Final[Mapping[str, str]] = {
    INK: "var(--muted)",
    FAINT: "var(--line)",
    MAIN: "var(--rep)",
    SOFT: "var(--soft)",
    WARM: "var(--try)",
    GOOD: "var(--good)",
    PALE: "var(--pale)",
    PAPER: "var(--card)",
}
HANDLED: Final = (("resolved", GOOD), ("addressed", MAIN), ("ignored", WARM), ("open", PALE))
FEWEST_WEEKS: Final = 2
MANY: Final = 12  # rows from which a chart is drawn closer
_HEADER: Final = {"labelColor": INK, "labelFontSize": 12, "labelFontWeight": "bold", "labelPadding": 0}
LARGER: Final = 1.15  # drawn for 12 px labels, shown a little larger where there is room


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart with its message and its data."""

    name: str
    svg: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def objections(section: Row) -> Chart | None:
    """Stacked bars: objections by type, divided by how they were met. None without an objection."""
    types = [row for row in section["types"] if row["n"]]
    if not types:
        return None
    data = [
        {"type": row["label"], "met": entry("handlings")[how], "n": row[how], "order": order}
        for row in types
        for order, (how, _) in enumerate(HANDLED)
    ]

    def draw(alt: Any) -> Any:
        scale = alt.Scale(
            domain=[entry("handlings")[how] for how, _ in HANDLED], range=[colour for _, colour in HANDLED]
        )
        return (
            alt.Chart(alt.Data(values=data))
            .mark_bar(height=16, stroke=PAPER, strokeWidth=1.5)
            .encode(
                x=alt.X("n:Q", title=say("chart.objections_axis"), axis=alt.Axis(tickMinStep=1, format="d")),
                y=alt.Y("type:N", title=None, sort=[row["label"] for row in types]),
                color=alt.Color("met:N", scale=scale, legend=alt.Legend(title=None, orient="top")),
                order="order:Q",
            )
            .properties(width=430, height=alt.Step(28))
        )

    caption = say("chart.objections", top=section["most"], answered=section["answered"], n=section["n"])
    handled = (entry("handlings")[how] for how, _ in HANDLED)
    columns = (say("chart.objection"), *handled, say("chart.this_week"), say("chart.week_before"))
    rows = tuple(
        (
            row["label"],
            *(str(row[how]) for how, _ in HANDLED),
            str(row["n"]),
            "–" if row["before_a_week"] is None else mean(row["before_a_week"]),
        )
        for row in section["types"]
    )
    return Chart("objections", _svg(draw), caption, columns, rows)


def trend(row: Row, *, label: str, band: bool = True) -> Chart | None:
    """A line over weeks with the team's middle half as band. None with fewer than two weeks of data."""
    points = [week for week in row["weeks"] if week["value"] is not None]
    if len(points) < FEWEST_WEEKS:
        return None
    share = row["unit"] in ("share", "yes/no")
    scale = 100.0 if share else 1.0
    data = [{"week": _short(week["week"]), "value": week["value"] * scale, "n": week["n"]} for week in points]
    edges = [{"low": row["low"] * scale, "high": row["high"] * scale}] if band and row["low"] is not None else []
    order = tuple(_short(week["week"]) for week in row["weeks"])
    spec = _trend_spec(entry("units.axis").get(row["unit"]) or None, order, from_zero=share, banded=bool(edges))
    svg = _drawn({**spec, "datasets": {"points": data, **({"edges": edges} if edges else {})}})

    rows = tuple((week["week"], number(week["value"], row["unit"]), str(week["n"])) for week in points)
    columns = (say("chart.week"), label, say("chart.calls"))
    return Chart(f"trend-{row['name']}", svg, _trend_caption(row, label, banded=bool(edges)), columns, rows)


@cache
def _trend_spec(title: str | None, order: tuple[str, ...], *, from_zero: bool, banded: bool) -> Row:
    """Describe a trend once: reps differ in their data only, and describing takes longer than drawing."""

    def draw(alt: Any) -> Any:
        base = alt.Chart(alt.NamedData("points"))
        x = alt.X("week:O", title=None, scale=alt.Scale(domain=list(order)), axis=alt.Axis(labelAngle=0, grid=False))
        y = alt.Y("value:Q", title=title, scale=alt.Scale(zero=from_zero, nice=True))
        layers = [
            base.mark_line(color=MAIN, strokeWidth=2.5).encode(x=x, y=y),
            base.mark_circle(color=MAIN, size=52, opacity=1).encode(x=x, y=y),
        ]
        if banded:
            area = alt.Chart(alt.NamedData("edges")).mark_rect(color=SOFT, opacity=1)
            layers.insert(0, area.encode(y=alt.Y("low:Q"), y2="high:Q"))
        return alt.layer(*layers).properties(width=470, height=150)

    return _spec(draw)


def _trend_caption(row: Row, label: str, *, banded: bool) -> str:
    now, before = (None if row[name] is None else number(row[name], row["unit"]) for name in ("value", "past"))
    key = "chart.trend" if now and before else "chart.trend_now" if now else "chart.trend_past"
    return say(key, label=label, now=now, before=before) + (say("chart.band") if banded else "")


def themes(rows: Sequence[Row], *, most: int = 8) -> Chart | None:
    """Calls by theme and week as a grid of numbers, each kind of theme apart. None without themes."""
    shown = list(rows[:most])
    if not shown:
        return None
    kinds = entry("theme_kinds")
    weeks = [_short(week["week"]) for week in shown[0]["weeks"]]
    data = [
        {"theme": _cut(row["label"], 30), "kind": kinds[row["kind"]], "week": _short(week["week"]), "calls": calls}
        for row in shown
        for week in row["weeks"]
        if (calls := week["calls"] or None) or week["week"] == rows[0]["weeks"][-1]["week"]  # one cell keeps a row
    ]

    def draw(alt: Any) -> Any:
        base = alt.Chart(alt.Data(values=data)).encode(
            x=alt.X("week:O", title=None, scale=alt.Scale(domain=weeks), axis=alt.Axis(labelAngle=0, grid=False)),
            y=alt.Y("theme:N", title=None, sort=[_cut(row["label"], 30) for row in shown]),
        )
        shade = alt.Size("calls:Q", legend=None, scale=alt.Scale(domainMin=0, range=[40, 500]))
        grid = alt.layer(
            base.mark_circle(color=SOFT, opacity=1).encode(size=shade),
            base.transform_filter("datum.calls > 0").mark_text(color=INK).encode(text="calls:Q"),
        ).properties(width=alt.Step(40), height=alt.Step(30))
        if len({row["kind"] for row in shown}) == 1:
            return grid
        header = alt.Header(title=None, labelAngle=0, labelOrient="top", labelAnchor="start", **_HEADER)
        apart = alt.Row("kind:N", sort=list(kinds.values()), header=header)
        return grid.facet(row=apart).resolve_scale(y="independent")

    return Chart("themes", _svg(draw), _themes_caption(shown[0]), _theme_columns(), _theme_rows(rows))


def _themes_caption(top: Row) -> str:
    now, before = count(top["calls_this_week"], "call"), count_mean(top["calls_weeks_before"], "call")
    return say("chart.themes", label=top["label"], now=now, before=before)


def _theme_columns() -> tuple[str, ...]:
    names = ("theme", "kind", "this_week", "week_before", "calls_in_all", "deals", "first_heard")
    return tuple(say(f"chart.{name}") for name in names)


def _theme_rows(rows: Sequence[Row]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            row["label"],
            entry("theme_kinds")[row["kind"]],
            str(row["calls_this_week"]),
            mean(row["calls_weeks_before"]),
            str(row["calls"]),
            str(row["deals"]),
            row["first_week"] or "–",
        )
        for row in rows
    )


def win_rates(rows: Sequence[Row]) -> Chart | None:
    """Dots with intervals in order of name. None when no rate can be shown."""
    shown = [row for row in rows if row["estimate"] is not None]
    if not shown:
        return None
    labels = [_cut(row["label"]) for row in shown]
    data = [
        {
            "who": label,
            "rate": row["estimate"] * 100,
            "low": row["low"] * 100,
            "high": row["high"] * 100,
            "team": row["scope"],
        }
        for label, row in zip(labels, shown, strict=True)
    ]

    def draw(alt: Any) -> Any:
        base = alt.Chart(alt.Data(values=data)).encode(y=alt.Y("who:N", title=None, sort=labels))
        x = alt.X("low:Q", title=say("chart.win_axis"), scale=alt.Scale(domain=[0, 100]))
        colour = alt.Color("team:N", scale=alt.Scale(domain=["team", "rep"], range=[WARM, MAIN]), legend=None)
        bars = base.mark_rule(strokeWidth=3, strokeCap="round").encode(x=x, x2="high:Q", color=colour)
        dots = base.mark_circle(size=100, opacity=1, stroke=PAPER, strokeWidth=1.5).encode(x="rate:Q", color=colour)
        return alt.layer(bars, dots).properties(width=410, height=alt.Step(28 if len(shown) <= MANY else 17))

    first = next((row for row in shown if row["scope"] == "team"), None)
    caption = say("chart.win_few")
    if first is not None:
        rate, low, high = (number(first[name], "share") for name in ("estimate", "low", "high"))
        caption = say("chart.win", rate=rate, low=low, high=high, deals=count(first["closed"], "closed_deal"))
    columns = tuple(
        say(f"chart.{name}") for name in ("who", "won", "lost", "open", "win_share", "win_rate", "interval")
    )
    return Chart("win-rates", _svg(draw), caption, columns, tuple(_win_row(row) for row in rows))


def _win_row(row: Row) -> tuple[str, ...]:
    known = row["estimate"] is not None
    share, rate = (number(row[name], "share") if known else say("win.too_few") for name in ("share", "estimate"))
    low, high = (number(row[edge], "share") if known else "" for edge in ("low", "high"))
    interval = say("rep.range", low=low, high=high) if known else "–"
    return (row["label"], str(row["won"]), str(row["lost"]), str(row["open"]), share, rate, interval)


def _svg(draw: Drawer) -> str:
    return _drawn(_spec(draw))


def _drawn(spec: Row) -> str:
    import vl_convert

    return themed(vl_convert.vegalite_to_svg(spec, vl_version=_vega_lite(spec)))


def _spec(draw: Drawer) -> Row:
    import altair as alt

    axis = {
        "labelColor": INK,
        "titleColor": INK,
        "gridColor": FAINT,
        "domain": False,
        "ticks": False,
        "labelPadding": 7,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    }
    legend = {"labelColor": INK, "labelFontSize": 12, "symbolSize": 110, "symbolStrokeWidth": 0}
    config = {
        "background": "transparent",
        "padding": {
            "left": 24,
            "right": 8,
            "top": 5,
            "bottom": 5,
        },  # the page's letters may be wider than those measured
        "view": {"stroke": None},
        "facet": {"spacing": 10},
        "axis": axis,
        "legend": legend,
        "font": "sans-serif",
    }
    described: Row = draw(alt).configure(**config).to_dict()
    return described


def _vega_lite(spec: Row) -> str:
    """Return the version that a description is written for, like "6.4"."""
    return ".".join(spec["$schema"].rsplit("/v", 1)[1].split(".")[:2])


def themed(svg: str) -> str:
    """Return the SVG with stand-in colours as CSS variables, sized by its viewBox, and hidden from screen readers.

    Its content is read from the caption and the table instead.
    """
    for stand_in, variable in VARIABLES.items():
        svg = svg.replace(stand_in, variable)
    head, rest = svg.split(">", 1)
    width = re.search(r'width="([\d.]+)"', head)
    box = re.search(r'viewBox="[^"]+"', head)
    size = f' style="max-width:{float(width.group(1)) * LARGER:.0f}px"' if width else ""
    frame = f"{box.group(0) if box else ''}{size}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {frame} aria-hidden="true" focusable="false">{rest}'


def _short(week: str) -> str:
    return week.split("-")[1]


def _cut(label: str, most: int = 34) -> str:
    return label if len(label) <= most else f"{label[: most - 1].rstrip()}…"
