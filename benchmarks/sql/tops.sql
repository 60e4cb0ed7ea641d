-- Raw rows of extended history to the tables an import needs, as one would write it by hand.
-- Variables: raw (a glob of Parquet files, hive-partitioned by month), target (a folder), as_of_us.
-- Times are microseconds since 1970, UTC.

CREATE OR REPLACE TEMP TABLE listened AS
SELECT
    * EXCLUDE (known_start),
    coalesce(known_start, ended_us - coalesce(ms_played, 0) * 1000) AS started_us,
    known_start IS NOT NULL AS is_start_known
FROM (
    SELECT
        * EXCLUDE (ended_at, started_at, offline_timestamp, is_skipped),
        CASE WHEN start_us >= 1222819200000000 AND start_us <= ended_us + 5000000 THEN start_us END AS known_start,
        coalesce(
            CASE WHEN ended_us >= 1665878400000000 THEN is_skipped END,
            CASE
                WHEN reason_end = 'trackdone' THEN false
                WHEN reason_end IN ('fwdbtn', 'backbtn', 'nextbtn') THEN true
            END
        ) AS is_skipped
    FROM (
        SELECT
            *,
            epoch_us(ended_at) AS ended_us,
            offline_timestamp * CASE WHEN offline_timestamp < 100000000000 THEN 1000000 ELSE 1000 END AS start_us,
            coalesce(nullif(regexp_extract(track_uri, '^spotify:[a-z]+:([0-9A-Za-z]{22})$', 1), ''), track_uri)
                AS track_id
        FROM read_parquet(getvariable('raw'), hive_partitioning = true, hive_types = {month: VARCHAR})
    )
);

-- Known starts at most 2 s after the one before are one play.
CREATE OR REPLACE TEMP TABLE known AS
SELECT
    * EXCLUDE (is_new),
    sum(is_new) OVER (PARTITION BY user_id, track_id ORDER BY started_us, is_new DESC ROWS UNBOUNDED PRECEDING) AS play
FROM (
    SELECT
        rowid AS row_at, user_id, track_id, started_us, ended_us, ms_played,
        CASE
            WHEN started_us - lag(started_us) OVER (PARTITION BY user_id, track_id ORDER BY started_us)
                <= 2000000 THEN 0 ELSE 1
        END AS is_new
    FROM listened WHERE is_start_known
);

-- Unknown starts of one length whose stops are close are one play; so are those of one derived start.
CREATE OR REPLACE TEMP TABLE unknown AS
SELECT
    * EXCLUDE (chain),
    first_value(started_us) OVER (PARTITION BY user_id, track_id, ms_played, chain ORDER BY ended_us) AS play_us
FROM (
    SELECT
        * EXCLUDE (is_new),
        sum(is_new) OVER (PARTITION BY user_id, track_id, ms_played ORDER BY ended_us, is_new DESC ROWS UNBOUNDED PRECEDING) AS chain
    FROM (
        SELECT
            rowid AS row_at, user_id, track_id, started_us, ended_us, ms_played,
            ended_us - lag(ended_us) OVER w AS gap_us,
            CASE
                WHEN gap_us <= 30000000 AND (gap_us < ms_played * 1000 OR gap_us = 0) THEN 0 ELSE 1
            END AS is_new
        FROM listened WHERE NOT is_start_known
        WINDOW w AS (PARTITION BY user_id, track_id, ms_played ORDER BY ended_us)
    )
);

-- ... of a known play, if that started at the same moment or is a copy whose stop is near.
CREATE OR REPLACE TEMP TABLE onto_known AS
SELECT user_id, track_id, play_us, arg_min(play, distance) AS play
FROM (
    SELECT user_id, track_id, play_us, play, {a: 0, b: 0::BIGINT} AS distance
    FROM unknown
    JOIN (SELECT DISTINCT user_id, track_id, started_us, play FROM known) USING (user_id, track_id, started_us)
    UNION ALL
    SELECT u.user_id, u.track_id, u.play_us, k.play, {a: 1, b: abs(u.ended_us - k.ended_us)}
    FROM unknown AS u
    JOIN known AS k ON u.user_id = k.user_id AND u.track_id = k.track_id AND u.ms_played = k.ms_played
    WHERE abs(u.ended_us - k.ended_us) <= 30000000 AND abs(u.ended_us - k.ended_us) < u.ms_played * 1000
)
GROUP BY user_id, track_id, play_us;

CREATE OR REPLACE TEMP TABLE grouped AS
SELECT row_at, user_id, track_id, play, NULL AS play_us, 'same_start' AS rule FROM known
UNION ALL
SELECT
    u.row_at, u.user_id, u.track_id, k.play, CASE WHEN k.play IS NULL THEN u.play_us END, 'resynced_copy'
FROM unknown AS u LEFT JOIN onto_known AS k USING (user_id, track_id, play_us);

-- The longest row of each group is the play; ties by what the rows say.
CREATE OR REPLACE TEMP TABLE judged AS
SELECT
    l.*, g.rule,
    row_number() OVER w AS place,
    first_value(l.user_id || ':' || l.track_id || ':' || (l.started_us // 1000)) OVER w AS play_id
FROM listened AS l JOIN grouped AS g ON l.rowid = g.row_at
WINDOW w AS (
    PARTITION BY g.user_id, g.track_id, g.play, g.play_us
    ORDER BY coalesce(l.ms_played, 0) DESC, l.is_start_known DESC, l.started_us, l.ended_us,
        l.kind, l.track_name, l.artist_name, l.album_name, l.reason_end, l.platform, l.import_id, l.file, l.row
);

CREATE OR REPLACE TEMP TABLE plays AS
SELECT
    play_id, user_id, month, track_id,
    left(sha256(lower(artist_name || chr(31) || track_name)), 16) AS name_key,
    kind, make_timestamp(started_us) AS started_at, make_timestamp(ended_us) AS ended_at, ms_played, is_skipped,
    reason_start, reason_end, is_shuffle, is_offline, is_incognito, country, platform, source,
    import_id, file, row, track_name, artist_name, album_name, isrc, duration_ms,
    CASE WHEN kind IN ('music', 'video') AND album_name IS NOT NULL
        THEN 'name:' || left(sha256(lower(artist_name || chr(31) || album_name)), 16) END AS told_album_id
FROM judged WHERE place = 1;

COPY (SELECT * EXCLUDE (track_name, artist_name, album_name, isrc, duration_ms) FROM plays ORDER BY user_id, started_at)
TO (getvariable('target') || '/plays') (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARTITION_BY (month));
COPY (SELECT import_id, file, row, user_id, month, play_id, rule FROM judged WHERE place > 1)
TO (getvariable('target') || '/duplicate_rows.parquet') (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1);

CREATE OR REPLACE TEMP TABLE track_months AS
SELECT
    month, track_id, kind, track_name, artist_name, album_name,
    any_value(name_key) AS name_key, min(isrc) AS isrc, count(*) AS plays,
    count(*) FILTER (reason_end = 'trackdone' AND ms_played > 0) AS completes,
    quantile_disc(ms_played, 0.5) FILTER (reason_end = 'trackdone' AND ms_played > 0) AS complete_ms,
    round(median(duration_ms)) AS duration_ms,
    min(started_at) AS first_played_at, max(started_at) AS last_played_at
FROM plays GROUP BY ALL;
COPY (FROM track_months ORDER BY track_id)
TO (getvariable('target') || '/track_months') (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARTITION_BY (month));

CREATE OR REPLACE TEMP TABLE play_months AS
SELECT
    month, user_id, kind, track_id, told_album_id,
    count(*) AS plays,
    count(*) FILTER (ms_played IS NULL OR ms_played >= 30000 OR (reason_end = 'trackdone' AND ms_played > 0)) AS plays_counted,
    count(*) FILTER (ms_played IS NULL) AS plays_unmeasured,
    coalesce(sum(ms_played), 0)::BIGINT AS ms_played,
    list(ms_played ORDER BY ms_played DESC) FILTER (ms_played > 300000) AS ms_long,
    count(*) FILTER (is_skipped) AS skips,
    count(*) FILTER (reason_end = 'trackdone') AS completes,
    min(started_at) AS first_played_at, max(started_at) AS last_played_at
FROM plays WHERE is_incognito IS NOT TRUE GROUP BY ALL;
COPY (FROM play_months ORDER BY user_id, kind, track_id)
TO (getvariable('target') || '/play_months') (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARTITION_BY (month));
COPY (
    SELECT month, user_id, country, kind, time_bucket(INTERVAL '15 minutes', started_at) AS quarter_hour_at,
        count(*) AS plays, coalesce(sum(ms_played), 0)::BIGINT AS ms_played
    FROM plays WHERE is_incognito IS NOT TRUE GROUP BY ALL ORDER BY user_id, quarter_hour_at, country, kind
) TO (getvariable('target') || '/clock_months') (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARTITION_BY (month));

-- The catalogue: names as last seen; the length is the lower median of the months' medians, weighed by plays.
CREATE OR REPLACE TEMP TABLE lengths AS
SELECT track_id, min(complete_ms) AS complete_ms
FROM (
    SELECT
        track_id, complete_ms,
        2 * sum(completes) OVER (PARTITION BY track_id ORDER BY complete_ms)
        >= sum(completes) OVER (PARTITION BY track_id) AS is_half
    FROM track_months WHERE completes > 0
)
WHERE is_half GROUP BY track_id;
CREATE OR REPLACE TEMP TABLE tracks AS
SELECT
    *,
    CASE WHEN kind IN ('music', 'video') AND artist_name IS NOT NULL
        THEN 'name:' || left(sha256(lower(artist_name)), 16) END AS artist_id,
    CASE WHEN kind IN ('music', 'video') AND artist_name IS NOT NULL AND album_name IS NOT NULL
        THEN 'name:' || left(sha256(lower(artist_name || chr(31) || album_name)), 16) END AS album_id
FROM (
    SELECT
        track_id,
        arg_max(name_key, seen) FILTER (name_key IS NOT NULL) AS name_key,
        arg_max(track_name, seen) FILTER (track_name IS NOT NULL) AS track_name,
        arg_max(artist_name, seen) FILTER (artist_name IS NOT NULL) AS artist_name,
        arg_max(album_name, seen) FILTER (album_name IS NOT NULL) AS album_name,
        arg_max(kind, {p: plays, k: kind}) AS kind,
        min(isrc) AS isrc,
        coalesce(any_value(lengths.complete_ms), quantile_disc(duration_ms, 0.5)) AS duration_ms,
        sum(completes) AS completes, sum(plays) AS plays, min(first_played_at) AS first_played_at, max(last_played_at) AS last_played_at
    FROM (
        SELECT *, {t: last_played_at, p: plays, n: track_name, a: artist_name, b: album_name} AS seen
        FROM track_months
    ) AS seen LEFT JOIN lengths USING (track_id)
    GROUP BY track_id
);
CREATE OR REPLACE TEMP TABLE track_aliases AS
SELECT track_id AS alias_id, best AS track_id
FROM (
    SELECT
        track_id, duration_ms, completes,
        first_value(track_id) OVER best AS best,
        first_value(duration_ms) OVER best AS best_ms,
        first_value(completes) OVER best AS best_completes
    FROM tracks WHERE name_key IS NOT NULL
    WINDOW best AS (
        PARTITION BY name_key ORDER BY NOT starts_with(track_id, 'name:') DESC, plays DESC, track_id
    )
)
WHERE best != track_id AND NOT starts_with(best, 'name:') AND NOT coalesce(
    abs(duration_ms - best_ms) > greatest(15000, 0.1 * greatest(duration_ms, best_ms))
    AND CASE WHEN duration_ms < best_ms THEN completes ELSE best_completes END != 1, false
);
COPY tracks TO (getvariable('target') || '/tracks.parquet') (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1);
COPY track_aliases TO (getvariable('target') || '/track_aliases.parquet') (FORMAT parquet);
COPY (
    SELECT artist_id, arg_max(artist_name, last_played_at) AS artist_name, count(*) AS tracks, sum(plays) AS plays
    FROM tracks WHERE artist_id IS NOT NULL GROUP BY artist_id ORDER BY artist_id
) TO (getvariable('target') || '/artists.parquet') (FORMAT parquet);
COPY (
    SELECT
        coalesce(p.told_album_id, t.album_id) AS album_id, arg_max(coalesce(p.album_name, t.album_name), p.started_at) AS album_name,
        count(DISTINCT track_id) AS tracks, count(*) AS plays
    FROM plays AS p LEFT JOIN tracks AS t USING (track_id)
    WHERE p.kind IN ('music', 'video') AND coalesce(p.told_album_id, t.album_id) IS NOT NULL GROUP BY ALL ORDER BY ALL
) TO (getvariable('target') || '/albums.parquet') (FORMAT parquet);

-- The periods: whole months from play_months, the days at the edges from the plays.
CREATE OR REPLACE TEMP TABLE periods AS
WITH moment AS (SELECT make_timestamp(getvariable('as_of_us')) AS as_of)
SELECT '4_weeks' AS name, as_of - INTERVAL '28 days' AS after, as_of AS until FROM moment
UNION ALL SELECT '6_months', as_of - INTERVAL '6 months', as_of FROM moment
UNION ALL SELECT 'year', as_of - INTERVAL '1 year', as_of FROM moment
UNION ALL SELECT 'all_time', TIMESTAMP '1970-01-01', as_of FROM moment
UNION ALL
SELECT
    year, make_timestamp(year::INT, 1, 1, 0, 0, 0) - INTERVAL '1 microsecond',
    least(as_of, make_timestamp(year::INT + 1, 1, 1, 0, 0, 0) - INTERVAL '1 microsecond')
FROM (SELECT DISTINCT left(month, 4) AS year FROM play_months), moment
WHERE make_timestamp(year::INT, 1, 1, 0, 0, 0) <= as_of;

CREATE OR REPLACE TEMP TABLE period_months AS
SELECT
    name, after, until, month,
    after < begins AND begins + INTERVAL '1 month' <= until AS is_whole
FROM periods, (SELECT DISTINCT month, strptime(month || '-01', '%Y-%m-%d') AS begins FROM play_months)
WHERE begins <= until AND after < begins + INTERVAL '1 month';

CREATE OR REPLACE TEMP TABLE songs AS
SELECT
    user_id, name AS period, coalesce(a.track_id, p.track_id) AS track_id,
    coalesce(p.told_album_id, o.album_id, t.album_id) AS album_id,
    sum(p.plays_counted) AS plays,
    sum(p.ms_played - coalesce(list_sum([
        greatest(0, ms - greatest(300000, 3 * t.duration_ms)) FOR ms IN p.ms_long IF t.duration_ms IS NOT NULL
    ]), 0)) AS ms
FROM (
    SELECT user_id, name, track_id, told_album_id, plays_counted, ms_played, ms_long
    FROM play_months JOIN period_months USING (month)
    WHERE is_whole AND kind = 'music'
    UNION ALL
    SELECT
        user_id, name, track_id, told_album_id,
        (ms_played IS NULL OR ms_played >= 30000 OR (reason_end = 'trackdone' AND ms_played > 0))::INT,
        coalesce(ms_played, 0), CASE WHEN ms_played > 300000 THEN [ms_played] END
    FROM plays JOIN period_months USING (month)
    WHERE NOT is_whole AND kind = 'music' AND is_incognito IS NOT TRUE AND ended_at > after AND ended_at <= until
) AS p
LEFT JOIN track_aliases AS a ON a.alias_id = p.track_id
LEFT JOIN tracks AS t ON t.track_id = coalesce(a.track_id, p.track_id)
LEFT JOIN tracks AS o ON o.track_id = p.track_id
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE named AS
SELECT s.*, t.track_name, t.artist_id, t.artist_name
FROM songs AS s JOIN tracks AS t USING (track_id);
CREATE OR REPLACE TEMP TABLE artist_names AS
SELECT artist_id, arg_max(artist_name, (last_played_at, track_id)) AS artist_name FROM tracks GROUP BY artist_id;
CREATE OR REPLACE TEMP TABLE album_names AS
SELECT told_album_id AS album_id, arg_max(album_name, (started_at, track_id)) AS album_name FROM plays GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE summed AS
SELECT 'top_tracks' AS list, user_id, period, track_id AS id, any_value(track_name) AS label,
    sum(plays)::BIGINT AS plays, sum(ms)::BIGINT AS ms
FROM named GROUP BY ALL HAVING sum(plays) > 0 OR sum(ms) > 0
UNION ALL
SELECT 'top_artists', user_id, period, artist_id, any_value(n.artist_name), sum(plays)::BIGINT, sum(ms)::BIGINT
FROM named JOIN artist_names AS n USING (artist_id) WHERE artist_id IS NOT NULL GROUP BY ALL HAVING sum(plays) > 0 OR sum(ms) > 0
UNION ALL
SELECT 'top_albums', user_id, period, album_id, any_value(album_name), sum(plays)::BIGINT, sum(ms)::BIGINT
FROM named JOIN album_names USING (album_id) WHERE album_id IS NOT NULL GROUP BY ALL HAVING sum(plays) > 0 OR sum(ms) > 0;

CREATE OR REPLACE TEMP TABLE ranked AS
SELECT *, 'time' AS ranked_by,
    row_number() OVER (PARTITION BY list, user_id, period ORDER BY ms DESC, plays DESC, label NULLS LAST, id) AS rank
FROM summed QUALIFY rank <= 100
UNION ALL
SELECT *, 'plays',
    row_number() OVER (PARTITION BY list, user_id, period ORDER BY plays DESC, ms DESC, label NULLS LAST, id) AS rank
FROM summed WHERE plays > 0 QUALIFY rank <= 100;

COPY (SELECT * EXCLUDE (list) FROM ranked WHERE list = 'top_tracks' ORDER BY user_id, period, ranked_by, rank)
TO (getvariable('target') || '/top_tracks.parquet') (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1);
COPY (SELECT * EXCLUDE (list) FROM ranked WHERE list = 'top_artists' ORDER BY user_id, period, ranked_by, rank)
TO (getvariable('target') || '/top_artists.parquet') (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1);
COPY (SELECT * EXCLUDE (list) FROM ranked WHERE list = 'top_albums' ORDER BY user_id, period, ranked_by, rank)
TO (getvariable('target') || '/top_albums.parquet') (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1);
