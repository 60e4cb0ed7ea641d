"""How another service tells of the same plays: other spellings, other stamps, and some plays twice."""

import zlib
from dataclasses import dataclass

import polars as pl

from simulator.chance import play_share

_ARTIST, _TITLE = pl.col("artist_name"), pl.col("track_name")
_SPELLINGS: tuple[tuple[pl.Expr, pl.Expr], ...] = (
    (_ARTIST, _TITLE + " - Remastered 2011"),
    (_ARTIST, _TITLE + " (Remastered)"),
    (_ARTIST + " feat. Somebody Else", _TITLE),
    (_ARTIST, _TITLE + " (feat. Somebody Else)"),
    ("The " + _ARTIST, _TITLE),
    (_ARTIST.str.to_uppercase(), _TITLE.str.to_lowercase()),
    (_ARTIST + " Official", _ARTIST + " - " + _TITLE + " (Official Video)"),
    (_ARTIST.str.replace(" ", ""), _TITLE),
    (_ARTIST.str.replace("e", "é"), _TITLE.str.replace("e", "ë")),
    (_ARTIST, _TITLE.str.replace(" ", ": ")),
    (_ARTIST + ", Somebody Else & Friends", _TITLE + " - Single Version"),
    (_ARTIST, _TITLE.str.replace(r"(\w)(\w)", "${2}${1}")),
)
"""Artist and title as another catalogue has them; the last is a slip of the hand."""


@dataclass(frozen=True, kw_only=True)
class Differences:
    """Shares in 0…1 of what a service tells otherwise.

    Args:
        spelt: songs under another spelling, always the same one.
        stamped: plays stamped at their half, after four minutes or at their end, as often each.
        twice: plays told again by a second client, up to 29 seconds later.
    """

    spelt: float = 0.0
    stamped: float = 0.0
    twice: float = 0.0

    def told(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Scrobbles (see ``scrobbles``) as the service tells them, with ``why``: original, or told_twice."""
        told = self._stamped(self._spelt(rows)).with_columns(why=pl.lit("original"))
        share = play_share(told, "second")
        later = (share * 30).cast(pl.Int64)
        again = told.with_columns(why=pl.lit("told_twice"), listened_at=pl.col("listened_at") + later)
        return pl.concat([told, again.filter(play_share(told, "twice") < self.twice)])

    def _spelt(self, rows: pl.DataFrame) -> pl.DataFrame:
        songs = rows.select("artist_name", "track_name").unique(maintain_order=True)
        chance = songs.select(pl.concat_str(_ARTIST, _TITLE).map_batches(_hashed, pl.Float64())).to_series()
        way = _drawn(chance, self.spelt, len(_SPELLINGS))
        artist, title = (
            pl.coalesce(
                *(pl.when(pl.col("way") == n).then(names[side]) for n, names in enumerate(_SPELLINGS))
            )
            for side in (0, 1)
        )
        spelt = songs.with_columns(way=way).select(
            "artist_name",
            "track_name",
            artist=pl.coalesce(artist, "artist_name"),
            title=pl.coalesce(title, "track_name"),
        )
        joined = rows.join(spelt, on=["artist_name", "track_name"], how="left", maintain_order="left")
        return joined.with_columns(artist_name="artist", track_name="title").drop("artist", "title")

    def _stamped(self, rows: pl.DataFrame) -> pl.DataFrame:
        ms = pl.col("ms_played")
        drawn = rows.with_columns(stamp=_drawn(play_share(rows, "stamp"), self.stamped, 3))
        points = enumerate((ms // 2, pl.min_horizontal(ms, 240_000), ms))
        into_ms = pl.coalesce(*(pl.when(pl.col("stamp") == n).then(point) for n, point in points), 0)
        return drawn.with_columns(listened_at=pl.col("listened_at") + into_ms // 1_000).drop("stamp")


NO_DIFFERENCES = Differences()


def _drawn(chance: pl.Series, share: float, count: int) -> pl.Series:
    """One of ``count`` ways for the share of chances below ``share``; a number past them for the others."""
    return (chance / max(share, 1e-12) * count).floor()


def _hashed(names: pl.Series) -> pl.Series:
    """A number in [0, 1) of each name, the same in every version."""
    return pl.Series(names.name, [zlib.crc32(name.encode()) / 2**32 for name in names])
