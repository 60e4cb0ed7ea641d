"""What datasets say of tracks that were played: who knows a track best says each field of it.

A dataset's row is a track's by its Spotify id, else by its recording code, else by its normalised names.
Of several datasets the one of the higher quality counts, then the one of the freer licence, then the one
of the lower id; within a dataset the surer match, then the first row.
"""

from typing import Final

import polars as pl

from assets.datasets.lists import SEPARATORS
from assets.tables import TRACK_FACTS, TRACKS

MATCHES: Final = ("spotify_id", "isrc", "names")
"""From the surest."""
_TEXTS: Final = ("genre", "mood")
_NUMBERS: Final = ("energy", "tempo", "year", "duration")
_ALSO_SAID: Final = ("genre", "year", "duration")
"""Fields that plays or Spotify may say, and then better."""
_LONGEST_S: Final = 24 * 3600
_IN_ORDER: Final = ("track_id", "rank", "match", "file", "row")


def ranks(datasets: pl.LazyFrame, quality: pl.LazyFrame, least: float) -> pl.DataFrame:
    """``dataset_id, rank`` of the accepted datasets that are good enough to be told of, the best first."""
    good = quality.filter(pl.col("total") >= least).select("dataset_id", "total", permits="licence")
    accepted = datasets.filter(pl.col("status") == "accepted").select("dataset_id")
    both = accepted.join(good, on="dataset_id")
    best = both.sort("total", "permits", "dataset_id", descending=[True, True, False])
    return best.select("dataset_id").with_row_index("rank").collect()


def facts(tracks: pl.LazyFrame, dataset_tracks: pl.LazyFrame, ranked: pl.DataFrame) -> pl.LazyFrame:
    """``track_facts`` of played music.

    Args:
        tracks: the catalogue as plays and Spotify tell it: what it holds already is not shown.
        ranked: as ``ranks`` gives it; other datasets say nothing.
    """
    said = dataset_tracks.join(ranked.lazy(), on="dataset_id")
    matched = _matched(tracks, said).sort(_IN_ORDER)
    found = matched.group_by("track_id", maintain_order=True).agg(
        *(_first(name) for name in (*_TEXTS, *_NUMBERS)), _genres().alias("genre_text")
    )
    long = pl.concat([_long(found, name) for name in (*_TEXTS, *_NUMBERS)])
    named = long.join(ranked.lazy(), on="rank").join(_said_already(tracks), on="track_id")
    of_field = [pl.when(pl.col("field") == name).then(~pl.col(f"has_{name}")) for name in _ALSO_SAID]
    matches = pl.col("match").replace_strict(dict(enumerate(MATCHES)), return_dtype=pl.String())
    is_shown = pl.coalesce(*of_field, pl.lit(value=True))
    return TRACK_FACTS.conform(named.with_columns(matched_by=matches, is_shown=is_shown))


def filled(tracks: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """Tracks with the facts that are to be shown; doing it again changes nothing."""
    shown = (
        known.filter("is_shown")
        .group_by("track_id")
        .agg(*(_shown(name, "text") for name in _TEXTS), *(_shown(name, "number") for name in _NUMBERS))
    )
    joined = tracks.drop("mood", "energy", "tempo_bpm").join(shown, on="track_id", how="left")
    genres = pl.when(pl.col("genres").list.len() == 0).then(pl.col("said_genre").str.split("; "))
    return TRACKS.conform(
        joined.with_columns(
            genres=pl.coalesce(genres, "genres"),
            mood="said_mood",
            energy="said_energy",
            tempo_bpm="said_tempo",
            year=pl.coalesce("year", "said_year"),
            duration_ms=pl.coalesce("duration_ms", "said_duration"),
        )
    )


def emptied(tracks: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """The tracks before they were ``filled``, as far as nothing else restores it: without its lengths."""
    lengths = known.filter(pl.col("is_shown") & (pl.col("field") == "duration"))
    joined = tracks.join(lengths.select("track_id", is_said=pl.lit(value=True)), on="track_id", how="left")
    length = pl.when(pl.col("is_said").is_null()).then("duration_ms")
    return TRACKS.conform(joined.with_columns(duration_ms=length))


def _shown(name: str, column: str) -> pl.Expr:
    return pl.col(column).filter(pl.col("field") == name).first().alias(f"said_{name}")


def _matched(tracks: pl.LazyFrame, said: pl.LazyFrame) -> pl.LazyFrame:
    """A row for each way in which a row of a dataset is a track's."""
    music = tracks.filter(pl.col("kind") == "music").select(
        "track_id", "name_key", isrc=pl.col("isrc").str.replace_all("-", "").str.to_uppercase()
    )
    keys = (("track_id", "spotify_id"), ("isrc", "isrc"), ("name_key", "name_key"))
    values = _values()
    parts = []
    for number, (ours, theirs) in enumerate(keys):
        left = music.select("track_id", pl.col(ours).alias("matched")).drop_nulls()
        right = said.filter(pl.col(theirs).is_not_null()).select(
            pl.col(theirs).alias("matched"), "rank", "file", "row", match=pl.lit(number), **values
        )
        part = left.join(right, on="matched").drop("matched")
        parts.append(
            part.collect(engine="streaming")
        )  # each alone: together they would hold the rows they share
    return pl.concat(parts).lazy()


def _values() -> dict[str, pl.Expr]:
    """What a row says of each field; a length no track has is no length."""
    length = pl.col("duration_s")
    return {
        "genre": pl.col("genre").str.to_lowercase(),
        "mood": _first_of(pl.col("mood").str.to_lowercase()),
        "energy": pl.col("energy"),
        "tempo": pl.col("tempo_bpm"),
        "year": pl.col("year").cast(pl.Float64()),
        "duration": pl.when(length.is_between(0, _LONGEST_S, closed="right")).then((length * 1000).round()),
    }


def _first_of(listed: pl.Expr) -> pl.Expr:
    """Of several, the one that is said first: a track has one mood."""
    return _apart(listed).list.first()


def _apart(listed: pl.Expr) -> pl.Expr:
    """What is said, in its order, whatever stands between."""
    said = listed.str.replace_all(SEPARATORS, "; ").str.split("; ")
    return said.list.eval(pl.element().filter(pl.element() != ""))


def _first(name: str) -> pl.Expr:
    """The first row that says a field: what it says, and which dataset and match that is."""
    says = pl.col(name).is_not_null()
    return pl.struct(
        value=pl.col(name).filter(says).first(),
        rank=pl.col("rank").filter(says).first(),
        match=pl.col("match").filter(says).first(),
    ).alias(name)


def _genres() -> pl.Expr:
    """All genres that the rows of the first dataset that says one say, each once, matched as surely."""
    says = pl.col("genre").is_not_null()
    of = pl.col("rank") * len(MATCHES) + pl.col("match").cast(pl.UInt32())
    same = says & (of == of.filter(says).first())
    return pl.col("genre").filter(same).unique(maintain_order=True)


def _long(found: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """Rows of one field."""
    one = pl.col(name).struct
    no_text, no_number = pl.lit(None, dtype=pl.String()), pl.lit(None, dtype=pl.Float64())
    text = _joined_genres() if name == "genre" else one.field("value") if name in _TEXTS else no_text
    rows = found.select(
        "track_id",
        field=pl.lit(name),
        text=text,
        number=no_number if name in _TEXTS else one.field("value"),
        rank=one.field("rank"),
        match=one.field("match"),
    )
    return rows.filter(pl.col("rank").is_not_null() & (pl.col("text").is_null() | (pl.col("text") != "")))


def _joined_genres() -> pl.Expr:
    """Each genre once, in the order they are said."""
    said = _apart(pl.col("genre_text").list.join("; "))
    return said.list.unique(maintain_order=True).list.join("; ")


def _said_already(tracks: pl.LazyFrame) -> pl.LazyFrame:
    """Of each track, which of these plays or Spotify say."""
    return tracks.select(
        "track_id",
        has_genre=pl.col("genres").list.len() > 0,
        has_year=pl.col("year").is_not_null(),
        has_duration=pl.col("duration_ms").is_not_null(),
    )
