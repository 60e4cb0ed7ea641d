"""Matches moved so that nothing is left over that could have been matched."""

from collections.abc import Mapping, Sequence

import polars as pl


def as_many_as_can(pairs: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    """Matches in which rows gave way to those left over, where they had another play to go to.

    The nearest pairs alone may leave over what has a play: a song on repeat whose plays are told by their
    starts takes, one after the other, the stop of the play before. (Augmenting paths, Berge 1957.)

    Args:
        pairs: ``i``, ``play`` and ``distance`` of those that may be matched.
        matched: ``i`` and ``play``, each once.
    """
    left = pairs.join(matched, on="i", how="anti")["i"].unique().sort()
    if left.is_empty():
        return matched
    within = _reachable(pairs, left)
    nearest_first = within.sort("distance", "play", "i").group_by("i").agg("play")
    choices = dict(nearest_first.iter_rows())
    movable = matched.join(within, on="i", how="semi")
    play_of = dict(movable.select("i", "play").iter_rows())
    row_of = dict(matched.join(within, on="play", how="semi").select("play", "i").iter_rows())
    for i in left:
        _make_room(i, choices, play_of, row_of)
    moved = pl.DataFrame(list(play_of.items()), schema=matched.schema, orient="row")
    return pl.concat([matched.join(movable, on="i", how="anti"), moved])


def _reachable(pairs: pl.DataFrame, left: pl.Series) -> pl.DataFrame:
    """The pairs of rows that might have to move for one that is left over."""
    rows, found = left.to_frame(), pairs.clear()
    while rows.height:
        found = pairs.join(pairs.join(rows, on="i", how="semi"), on="play", how="semi")
        more = found.select("i").unique()
        if more.height == rows.height:
            break
        rows = more
    return found


def _make_room(
    i: int, choices: Mapping[int, Sequence[int]], play_of: dict[int, int], row_of: dict[int, int]
) -> None:
    """Finds a play for ``i`` by the fewest moves; none where there is no way."""
    wanted_by: dict[int, int] = {}
    rows = [i]
    for row in rows:
        for play in choices.get(row, ()):
            if play in wanted_by:
                continue
            wanted_by[play] = row
            if play not in row_of:
                _move(play, wanted_by, play_of, row_of)
                return
            rows.append(row_of[play])


def _move(
    play: int | None, wanted_by: Mapping[int, int], play_of: dict[int, int], row_of: dict[int, int]
) -> None:
    """Gives a free play to the row that wants it, what that had to the next, and so on."""
    while play is not None:
        row = wanted_by[play]
        freed = play_of.get(row)
        play_of[row], row_of[play] = play, row
        play = freed
