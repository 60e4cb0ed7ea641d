"""Pictures for the metadata of assets, as Markdown: where a person would look before asking SQL.

They are SVG of our own: some kB each, because the event log keeps them, and drawn without a library that
takes half a second to load; as wide as the dialog of a telephone.
"""

import base64
import html
import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import polars as pl
from rich.cells import cell_len

_INK, _PAPER, _TEXT, _LINE = "#1f6f5c", "#f7f5ef", "#333", "#d5d2c8"
_COLOURS = (_INK, "#4f9d86", "#8cc3b0", "#d9a441", "#b5654a", "#6d6a75")
_SHADES = ("#e7e4da", "#bfdccf", "#7fbfa6", "#3f9478", _INK)
"""Of nothing, and of the four quarters up to the most."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WIDTH: Final = 400
_SHOWN_PX: Final = 360
"""What fits the dialog of a telephone, which neither shrinks pictures nor lets them grow."""
_LETTER, _CAPITAL = 6.8, 9.0
"""Widths of letters at the usual size, on the safe side."""
_NAME_LENGTH: Final = 160.0
_LABEL_WEEKS: Final = 5
_WEEKS: Final = 53
_UNKNOWN: Final = "unknown"


def bars_of(frame: pl.DataFrame, label: str, value: str, unit: str) -> str:
    """An upright bar for each row of a small frame, in its order; the axis says the unit."""
    labels, values = _texts(frame[label]), _numbers(frame[value])
    most, left, top, high = _round_up(max(values, default=0)), 52, 24, 150
    step = (_WIDTH - left - 8) / max(len(values), 1)
    base = top + high
    marks = [f"M{left + i * step:.1f} {base}v-{high * v / most:.1f}" for i, v in enumerate(values) if v > 0]
    wide = min(step * 0.8, 40.0)
    shift = f'transform="translate({step / 2:.1f})"'
    drawn = f'<path {shift} stroke="{_INK}" stroke-width="{wide:.1f}" d="{"".join(marks)}"/>'
    longest = max(map(_length, labels), default=0)
    every = max(1, math.ceil((longest + 12) / step))
    places = {i: min(left + (i + 0.5) * step, _WIDTH - longest / 2) for i in range(0, len(labels), every)}
    names = [_text(x, base + 17, labels[i], "middle") for i, x in places.items()]
    lines = [_level(left, base - high * part / 2, most * part / 2) for part in range(3)]
    return _markdown([_text(4, 13, unit), *lines, drawn, *names], base + 24, f"{unit} by {label}")


def ranked(frame: pl.DataFrame, label: str, value: str, unit: str) -> str:
    """A line for each row of a small frame, in its order: its name, a bar, and how much that is."""
    labels, values = _texts(frame[label]), _numbers(frame[value])
    names = [_short(name) for name in labels]
    left = 12 + max(map(_length, names), default=0)
    room, most = _WIDTH - left - 64, max(values, default=0) or 1
    drawn = [_text(4, 13, unit)]
    for place, (name, number) in enumerate(zip(names, values, strict=True)):
        y, wide = 30 + 22 * place, room * number / most
        drawn += [_text(left - 6, y + 5, name, "end"), _text(left + wide + 5, y + 5, _said(number))]
        drawn.append(f'<path stroke="{_INK}" stroke-width="14" d="M{left:.0f} {y}h{wide:.1f}"/>')
    return _markdown(drawn, 30 + 22 * len(names), f"{unit} by {label}")


def week_heat_map(hours: pl.DataFrame, unit: str) -> str:
    """Weekday by hour; ``hours`` has ``weekday`` (1 is Monday), ``hour``, and a column named as the unit.

    No square where the amount is unknown.
    """
    known = hours.select("weekday", "hour", unit).drop_nulls()
    cells = {(hour, day - 1): value for day, hour, value in known.iter_rows()}
    left, top, size = 40, 26, 14.8
    days = [_text(left - 6, top + size * (place + 0.75), day, "end") for place, day in enumerate(_DAYS)]
    clock = [
        _text(left + size * (hour + 0.5), top + size * 7 + 17, f"{hour}", "middle")
        for hour in range(0, 24, 3)
    ]
    most = max(cells.values(), default=0)
    drawn = [_text(4, 13, f"{unit}, by hour of the day"), *days, *clock, *_legend(most)]
    return _markdown(
        [*drawn, *_cells(cells, left, top, size)], top + size * 7 + 24, f"{unit} by weekday and hour"
    )


def calendar(days: pl.DataFrame, day: str, value: str, unit: str) -> str:
    """The last year of a frame with a row a day at most, in columns of weeks."""
    known = dict(days.select(day, value).drop_nulls().iter_rows())
    last: date = max(known, default=date(1970, 1, 1))
    first = last - timedelta(days=last.weekday(), weeks=_WEEKS - 1)
    shown = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    cells = {((on - first).days // 7, on.weekday()): known.get(on, 0) for on in shown}
    left, top, size = 36, 44, 6.8
    names = [_text(left - 5, top + size * (place + 1), _DAYS[place], "end") for place in (0, 3, 6)]
    ends = last - timedelta(weeks=_LABEL_WEEKS)  # a later label would be cut
    firsts = [on for on in shown if on.day == 1 and on.month % 2 and on <= ends]
    months = [_text(left + size * ((on - first).days // 7), top - 6, f"{on:%b %y}") for on in firsts]
    head = _text(4, 13, f"{unit} a day, until {last:%d %b %Y}")
    drawn = [head, *names, *months, *_legend(max(cells.values(), default=0)), *_cells(cells, left, top, size)]
    return _markdown(drawn, top + size * 7 + 10, f"{unit} a day")


def stacked_bars(frame: pl.DataFrame, label: str, parts: Sequence[str], full: float) -> str:
    """A line for each row of a small frame, its bar made of its parts; a bar may reach ``full``."""
    names = [_short(f"{place}. {name}") for place, name in enumerate(_texts(frame[label]), 1)]
    left = 12 + max(map(_length, names), default=0)
    room, keys = _WIDTH - left - 50, _keys(parts)
    top = 20 + 18 * (1 + max((key[1] for key in keys), default=0))
    drawn = [text for x, row, part, colour in keys for text in _key(x, 13 + 18 * row, part, colour)]
    for place, row in enumerate(frame.select(parts).iter_rows()):
        y, x = top + 22 * place, float(left)
        drawn.append(_text(left - 6, y + 5, names[place], "end"))
        for number, colour in zip(row, _COLOURS, strict=False):
            wide = room * (number or 0) / full
            drawn.append(f'<path stroke="{colour}" stroke-width="14" d="M{x:.1f} {y}h{wide:.1f}"/>')
            x += wide
        drawn.append(_text(x + 5, y + 5, f"{sum(number or 0 for number in row):.2f}"))
    return _markdown(drawn, top + 22 * len(names), f"{', '.join(parts)} by {label}")


def hours_or_plays(frame: pl.DataFrame) -> str:
    """Which of two columns to draw: no hours are known of what was played without lengths."""
    return "hours" if frame["hours"].sum() else "plays"


def _cells(cells: Mapping[tuple[int, int], float], left: int, top: int, size: float) -> Iterable[str]:
    """Squares at (column, row), the darker the more: one path a shade, in units of a square."""
    most = max(cells.values(), default=0) or 1
    shades: list[list[str]] = [[] for _ in _SHADES]
    for (column, row), value in sorted(cells.items()):
        shades[math.ceil(4 * value / most)].append(f"M{column} {row}h.85")
    yield f'<g transform="translate({left},{top + size * 0.5:.1f}) scale({size})" stroke-width=".85">'
    for marks, colour in zip(shades, _SHADES, strict=True):
        if marks:
            yield f'<path stroke="{colour}" d="{"".join(marks)}"/>'
    yield "</g>"


def _legend(most: float) -> Iterable[str]:
    """What the darkest shade means, at the right of the first line."""
    said = _said(most)
    x = _WIDTH - 8 - _length(said)
    yield _text(x, 13, said)
    for place, colour in enumerate(_SHADES):
        yield f'<path stroke="{colour}" stroke-width="11" d="M{x - 70 + 13 * place:.0f} 9h11"/>'
    yield _text(x - 76, 13, "0", "end")


def _keys(parts: Sequence[str]) -> list[tuple[float, int, str, str]]:
    """Where the name of each part goes (x, line), and its colour."""
    x, line, found = 4.0, 0, []
    for part, colour in zip(parts, _COLOURS, strict=False):
        wide = 26 + _length(part)
        if x + wide > _WIDTH:
            x, line = 4.0, line + 1
        found.append((x, line, part, colour))
        x += wide
    return found


def _key(x: float, y: int, part: str, colour: str) -> Iterable[str]:
    yield f'<path stroke="{colour}" stroke-width="10" d="M{x:.0f} {y - 4}h10"/>'
    yield _text(x + 14, y, part)


def _level(left: int, y: float, value: float) -> str:
    return f'<path stroke="{_LINE}" d="M{left} {y:.1f}H{_WIDTH - 8}"/>' + _text(
        left - 6, y + 4, _said(value), "end"
    )


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    at = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:.0f}" y="{y:.0f}"{at}>{html.escape(words)}</text>'


def _texts(column: pl.Series) -> list[str]:
    return column.cast(pl.String).fill_null(_UNKNOWN).to_list()


def _numbers(column: pl.Series) -> list[float]:
    return column.cast(pl.Float64).fill_null(0).to_list()


def _short(name: str) -> str:
    """So much of it as fits before a bar, whatever its letters."""
    cuts = (name, *(f"{name[:end].rstrip()}…" for end in range(len(name) - 1, 0, -1)))
    return next((cut for cut in cuts if _length(cut) <= _NAME_LENGTH), "…")


def _length(words: str) -> float:
    """On the safe side: marks that have a place of their own are no cell to a terminal."""
    cells = cell_len(words) + sum(unicodedata.category(letter) == "Mc" for letter in words)
    return _LETTER * cells + (_CAPITAL - _LETTER) * sum(map(str.isupper, words))


def _said(number: float) -> str:
    if number >= 1e5:
        return f"{number / 1e6:.3g} M"
    return f"{number:,.0f}" if number >= 10 or number == int(number) else f"{number:.2g}"


def _round_up(number: float) -> float:
    """The next of 1, 2, 4, 6, 8, 10 times a power of ten."""
    if number <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(number))
    return next(step * power for step in (1, 2, 4, 6, 8, 10, 20) if step * power >= number)


def _markdown(drawn: Iterable[str], height: float, alt: str) -> str:
    style = f'font-family="sans-serif" font-size="12" fill="{_TEXT}"'
    shown = f'width="{_SHOWN_PX}" height="{height * _SHOWN_PX / _WIDTH:.0f}"'
    box = f'{shown} viewBox="0 0 {_WIDTH} {height:.0f}"'
    inside = "".join(drawn)
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} {style}>'
        f'<rect width="100%" height="100%" fill="{_PAPER}"/>{inside}</svg>'
    )
    encoded = base64.b64encode(picture.encode()).decode()
    return f"![{alt}](data:image/svg+xml;base64,{encoded})"
