"""Pictures for the metadata of assets, as Markdown: where a person would look before asking SQL."""

import base64
import io
import warnings
from collections.abc import Sequence

import polars as pl

_INK, _PAPER = "#1f6f5c", "#f7f5ef"
_COLOURS = (_INK, "#4f9d86", "#8cc3b0", "#d9a441", "#b5654a", "#6d6a75")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def bars_of(frame: pl.DataFrame, label: str, value: str) -> str:
    """A bar for each row of a small frame, in its order."""
    figure, axes = _canvas(7.0, 2.4)
    axes.bar(range(frame.height), frame[value].to_list(), color=_INK)
    step = max(1, frame.height // 12)
    axes.set_xticks(range(0, frame.height, step), frame[label].gather_every(step).to_list(), rotation=60)
    axes.set_ylabel(value)
    return _markdown(figure, f"{value} by {label}")


def week_heat_map(hours: pl.DataFrame) -> str:
    """Weekday by hour; ``hours`` has ``weekday`` (1 is Monday), ``hour``, ``hours`` (or null) and ``plays``.

    Where no time is known it shows plays.
    """
    measure = "plays" if hours["hours"].null_count() == hours.height else "hours"
    grid = [[0.0] * 24 for _ in _DAYS]
    for weekday, hour, value in hours.select("weekday", "hour", pl.col(measure).fill_null(0)).iter_rows():
        grid[weekday - 1][hour] = value
    figure, axes = _canvas(7.0, 2.6)
    shown = axes.imshow(grid, cmap="YlGn", aspect="auto")
    axes.set_xticks(range(0, 24, 3))
    axes.set_yticks(range(7), _DAYS)
    figure.colorbar(shown, label=measure)
    return _markdown(figure, f"{measure} by weekday and hour")


def stacked_bars(frame: pl.DataFrame, label: str, parts: Sequence[str], full: float) -> str:
    """A horizontal bar for each row of a small frame, made of its parts; a bar may reach ``full``."""
    figure, axes = _canvas(7.0, 1.0 + 0.3 * frame.height)
    rows = frame.reverse()
    names = [
        f"{str(name)[:28]} ({number})"
        for number, name in zip(range(rows.height, 0, -1), rows[label], strict=True)
    ]
    begin = [0.0] * rows.height
    for part, colour in zip(parts, _COLOURS, strict=False):
        lengths = rows[part].to_list()
        axes.barh(names, lengths, left=begin, color=colour, label=part)
        begin = [left + length for left, length in zip(begin, lengths, strict=True)]
    axes.set_xlim(0, full)
    axes.legend(fontsize=7, ncols=len(parts), loc="lower left", bbox_to_anchor=(0, 1), frameon=False)
    return _markdown(figure, f"{', '.join(parts)} by {label}")


def _canvas(width_in: float, height_in: float):  # type: ignore[no-untyped-def] # noqa: ANN202
    from matplotlib.figure import Figure  # noqa: PLC0415 - half a second that only runs pay

    figure = Figure((width_in, height_in), facecolor=_PAPER, layout="constrained")
    axes = figure.subplots()
    axes.set_facecolor(_PAPER)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _markdown(figure, alt: str) -> str:  # type: ignore[no-untyped-def] # noqa: ANN001
    buffer = io.BytesIO()
    with warnings.catch_warnings(category=UserWarning, action="ignore"):  # names no font here can draw
        figure.savefig(buffer, format="png", dpi=110)
    encoded = base64.b64encode(buffer.getvalue()).decode()
    return f"![{alt}](data:image/png;base64,{encoded})"
