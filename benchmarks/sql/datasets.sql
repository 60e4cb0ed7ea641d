-- The five scores of a dataset and their total, of the CSV that the simulator writes.
CREATE TEMP TABLE said AS
SELECT
    track_id IS NOT NULL AND track_id <> '' AS has_id,
    nullif(lower(trim(track_name)), '') AS title,
    nullif(lower(trim(artists)), '') AS artist,
    nullif(album_name, '') AS album,
    nullif(lower(trim(track_genre)), '') AS genre,
    nullif(Mood, '') AS mood,
    nullif(energy, '') AS energy,
    nullif(BPM, '') AS tempo,
    nullif(duration_ms, '') AS duration,
    nullif(release_year, '') AS released,
    nullif(valence, '') AS valence,
    nullif(source, '') AS source,
FROM read_csv(getvariable('path'), header = true, all_varchar = true);

CREATE TEMP TABLE counted AS
SELECT
    count(*) AS n,
    count(title) + count(artist) + count(genre) + count(duration) AS required,
    count(album) + count(released) + count(mood) + count(energy) + count(tempo) AS optional,
    count(*) FILTER (has_id) + count(valence) + count(source) AS others,
    count(*) FILTER (
        (duration IS NOT NULL AND NOT coalesce(try_cast(duration AS DOUBLE) > 0, false))
        OR (energy IS NOT NULL AND NOT coalesce(try_cast(energy AS DOUBLE) BETWEEN 0 AND 1, false))
        OR (tempo IS NOT NULL AND NOT coalesce(try_cast(tempo AS DOUBLE) > 0, false))
        OR (released IS NOT NULL AND NOT coalesce(try_cast(released AS DOUBLE) BETWEEN 1000 AND 2999, false))
    ) AS invalid,
FROM said;

CREATE TEMP TABLE evenness AS
WITH sizes AS (
    SELECT 'genre' AS what, count(*) AS size FROM said WHERE genre IS NOT NULL GROUP BY genre
    UNION ALL
    SELECT 'artist', count(*) FROM said WHERE artist IS NOT NULL GROUP BY artist
),
shares AS (
    SELECT what, size / sum(size) OVER (PARTITION BY what) AS share, count(*) OVER (PARTITION BY what) AS kinds
    FROM sizes
)
SELECT what, CASE WHEN any_value(kinds) < 2 THEN 0 ELSE -sum(share * ln(share)) / ln(any_value(kinds)) END AS even
FROM shares
GROUP BY what;

CREATE TEMP TABLE scores AS
WITH components AS (
    SELECT
        (0.7 * required / 4 + 0.3 * optional / 5) / n AS metadata,
        0.5 * (required + optional + others) / (12.0 * n) + 0.5 * (1 - invalid / n) AS consistency,
        least(1.0, log10(1 + n) / 5) AS size,
        (SELECT sum(even) / 2 FROM evenness) AS diversity,
        0.9::DOUBLE AS licence,
    FROM counted
)
SELECT *, 0.30 * metadata + 0.25 * consistency + 0.20 * size + 0.15 * diversity + 0.10 * licence AS total
FROM components;
