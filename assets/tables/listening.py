"""What was listened to: the ledger, raw rows, plays, and the people."""

from assets.tables.table import (
    KIND,
    MONTH,
    NAME_KEY,
    PLAYED_AS,
    ROW_IDENTITY,
    TOLD_ALBUM_ID,
    TRACK_ID,
    USER,
    Table,
    boolean,
    integer,
    moment,
    text,
)

IMPORTS = Table(
    name="imports",
    group="listening",
    description="The ledger: what each import held and what became of every row.",
    key=("import_id",),
    sort_by=("import_id",),
    columns={
        "import_id": text("hash of the user and the content"),
        "user_id": USER,
        "file_name": text("name of the file or folder, user names masked"),
        "sha256": text("SHA-256 of the content"),
        "format": text("the formats found in it, joined with +"),
        "bytes": integer("size of what was read, uncompressed"),
        "rows_read": integer("records found"),
        "rows_stored": integer("rows that are a play"),
        "rows_duplicate": integer("rows that duplicate a play"),
        "rows_rejected": integer("rows that could not be read"),
        "first_played_at": moment("earliest clock in it"),
        "last_played_at": moment("latest clock in it"),
        "status": text("pending, running, held, completed, failed or undone"),
        "error": text("what went wrong and what to do"),
        "notes": text("what was done to read it: encodings that were decoded, damage that was passed over"),
        "created_at": moment("when it was first asked for"),
        "finished_at": moment("when every row had its outcome"),
    },
)


RAW_PLAYS = Table(
    name="raw_plays",
    group="listening",
    layer="raw",
    description="Every readable row of every import, typed, without the personal fields. Append-only.",
    key=("import_id", "file", "row"),
    is_monthly=True,
    sort_by=("ended_at", "file", "row"),
    columns={
        **ROW_IDENTITY,
        "user_id": USER,
        "source": text("whose row it is: spotify_extended, spotify_account, listenbrainz, lastfm …"),
        "month": text("UTC month of the stop time (of the start where only that is known)"),
        "ended_at": moment("when it stopped, where the source says; whole minutes in account data"),
        "started_at": moment("when it started, where the source says so outright"),
        "offline_timestamp": integer("Spotify's own start clock as found: seconds, milliseconds or junk"),
        "kind": KIND,
        "track_uri": text("Spotify URI of the track, episode or chapter"),
        "track_name": text("title of the track, episode or chapter"),
        "artist_name": text("album artist, or the podcast's name"),
        "album_name": text("album, or the audiobook's title"),
        **PLAYED_AS,
        "duration_ms": integer("length of the whole track, where the source says"),
        "isrc": text("recording code, where the source says"),
        "recording_mbid": text("MusicBrainz recording, where the source says"),
        "client": text("the program that submitted the listen"),
    },
)

REJECTED_ROWS = Table(
    name="rejected_rows",
    group="listening",
    layer="raw",
    description="Rows that could not be read or have no identity: where they stand, and why.",
    key=("import_id", "file", "row"),
    sort_by=("import_id", "file", "row"),
    columns={
        **ROW_IDENTITY,
        "user_id": USER,
        "reason": text("why the row was rejected"),
        "byte_start": integer("first byte of the row in its (uncompressed) file"),
        "byte_end": integer("one past its last byte"),
    },
)

DUPLICATE_ROWS = Table(
    name="duplicate_rows",
    group="listening",
    description="Rows that tell of a play another row tells better: which play, and by which rule.",
    key=("import_id", "file", "row"),
    is_monthly=True,
    sort_by=("user_id", "play_id", "import_id", "file", "row"),
    columns={
        **ROW_IDENTITY,
        "user_id": USER,
        "month": MONTH,
        "play_id": text("the play it duplicates"),
        "rule": text("same_start, resynced_copy, repeated_row or other_source"),
    },
)

PLAYS = Table(
    name="plays",
    group="listening",
    description="One row a play, duplicates removed and sources reconciled.",
    key=("play_id",),
    is_monthly=True,
    sort_by=("user_id", "started_at", "play_id"),
    version=2,
    columns={
        "play_id": text("made of the user, the track and the start: the same in every rebuild"),
        "user_id": USER,
        "month": text("UTC month of the stop its source tells, or of the start where it tells none"),
        "track_id": TRACK_ID,
        "name_key": NAME_KEY,
        "told_album_id": TOLD_ALBUM_ID,
        "kind": KIND,
        "started_at": moment("when it started, by the best clock the row has"),
        "ended_at": moment("when it stopped; the start where no source says how long it played"),
        **PLAYED_AS,
        "source": text("the richest source that tells of this play"),
        **ROW_IDENTITY,
    },
)


LISTENING_GAPS = Table(
    name="listening_gaps",
    group="listening",
    description="Times in which a linked account played more than Spotify shows: an export fills them.",
    key=("user_id", "after_at"),
    sort_by=("user_id", "after_at"),
    columns={
        "user_id": USER,
        "after_at": moment("the newest play known before the gap"),
        "before_at": moment("the oldest play seen after it"),
        "found_at": moment("when the poll was made that found it"),
        "is_filled": boolean("an export that covers it was imported"),
    },
)


LISTENERS = Table(
    name="listeners",
    group="people",
    description="The people, with the time zone their days are counted in.",
    key=("user_id",),
    sort_by=("user_id",),
    columns={
        "user_id": USER,
        "time_zone": text("IANA zone; UTC when it is neither told nor guessable"),
        "is_time_zone_guessed": boolean("made from the country listened in most, not told"),
    },
)

COUNTRY_TIME_ZONES = Table(
    name="country_time_zones",
    group="people",
    description="Countries that have one time zone, and which (IANA tz database).",
    key=("country",),
    sort_by=("country",),
    columns={"country": text("ISO 3166 code"), "time_zone": text("IANA zone")},
)
