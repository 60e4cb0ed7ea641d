-- Extended history to the columns of raw_plays. Variables: files (a glob), target (a Parquet file).
COPY (
    SELECT
        'import' AS import_id,
        filename AS file,
        row_number() OVER () AS row,
        'listener' AS user_id,
        'spotify_extended' AS source,
        strftime(ts, '%Y-%m') AS month,
        ts AS ended_at,
        NULL::TIMESTAMP AS started_at,
        offline_timestamp,
        CASE
            WHEN spotify_track_uri IS NOT NULL THEN 'music'
            WHEN spotify_episode_uri IS NOT NULL THEN 'podcast'
            WHEN audiobook_chapter_uri IS NOT NULL THEN 'audiobook'
            ELSE 'music'
        END AS kind,
        coalesce(spotify_track_uri, spotify_episode_uri, audiobook_chapter_uri) AS track_uri,
        coalesce(master_metadata_track_name, episode_name, audiobook_chapter_title) AS track_name,
        coalesce(master_metadata_album_artist_name, episode_show_name) AS artist_name,
        coalesce(master_metadata_album_album_name, audiobook_title) AS album_name,
        ms_played,
        skipped AS is_skipped,
        reason_start,
        reason_end,
        shuffle AS is_shuffle,
        offline AS is_offline,
        incognito_mode AS is_incognito,
        conn_country AS country,
        platform,
        NULL::BIGINT AS duration_ms,
        NULL::VARCHAR AS isrc,
        NULL::VARCHAR AS recording_mbid,
        NULL::VARCHAR AS client
    FROM read_json(
        getvariable('files'),
        format = 'array',
        filename = true,
        columns = {
            ts: 'TIMESTAMP',
            ms_played: 'BIGINT',
            platform: 'VARCHAR',
            conn_country: 'VARCHAR',
            master_metadata_track_name: 'VARCHAR',
            master_metadata_album_artist_name: 'VARCHAR',
            master_metadata_album_album_name: 'VARCHAR',
            spotify_track_uri: 'VARCHAR',
            episode_name: 'VARCHAR',
            episode_show_name: 'VARCHAR',
            spotify_episode_uri: 'VARCHAR',
            audiobook_title: 'VARCHAR',
            audiobook_uri: 'VARCHAR',
            audiobook_chapter_uri: 'VARCHAR',
            audiobook_chapter_title: 'VARCHAR',
            reason_start: 'VARCHAR',
            reason_end: 'VARCHAR',
            shuffle: 'BOOLEAN',
            skipped: 'BOOLEAN',
            offline: 'BOOLEAN',
            offline_timestamp: 'BIGINT',
            incognito_mode: 'BOOLEAN'
        }
    )
) TO (getvariable('target')) (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1);
