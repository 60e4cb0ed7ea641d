-- A country with one zone tells where the listener was. At home it is the listener's own zone, so
-- its zone goes first; a country with several (or none known) leaves the listener's.
-- A song may count as another release of it; its album is the one that the play's own row names. Artists
-- and albums are called what their tables call them, whatever the rows say.
with placed as (

    select
        plays.*,
        tracks.* exclude (track_id, artist_name, album_id, album_name),
        coalesce(artists.artist_name, tracks.artist_name) as artist_name,
        coalesce(editions.album_id, tracks.album_id) as album_id,
        coalesce(albums.album_name, tracks.album_name) as album_name,
        coalesce(countries.time_zone, home.time_zone, 'UTC') as time_zone
    from {{ ref('stg_plays') }} as plays
    left join (
        select
            track_id, track_name, artist_id, artist_name, album_id, album_name, show_id, duration_ms
        from {{ source('lake', 'tracks') }}
    ) as tracks
        on tracks.track_id = plays.track_id
    left join {{ source('lake', 'artists') }} as artists
        on artists.artist_id = tracks.artist_id
    left join {{ source('lake', 'track_albums') }} as editions
        on editions.track_id = plays.played_track_id
            and editions.told_album_id is not distinct from plays.told_album_id
            and plays.kind in ('music', 'video')
    left join {{ source('lake', 'albums') }} as albums
        on albums.album_id = coalesce(editions.album_id, tracks.album_id)
    left join {{ ref('stg_time_zones') }} as home
        on home.user_id = plays.user_id
    left join {{ ref('stg_country_time_zones') }} as countries
        on countries.country = plays.country

),

clocked as (

    select
        *,
        timezone(time_zone, started_at) as started_at_local
    from placed

)

select
    play_id,
    user_id,
    kind,
    track_id,
    track_name,
    artist_id,
    artist_name,
    album_id,
    album_name,
    show_id,
    started_at,
    ended_at,
    started_at_local,
    cast(started_at_local as date) as local_date,
    time_zone,
    ms_played,
    case
        when ms_played is null then duration_ms
        when kind not in ('music', 'video') or duration_ms is null then ms_played
        else least(ms_played, greatest({{ var('long_ms') }}, {{ var('times_its_length') }} * duration_ms))
    end as ms_estimated,
    ms_played is null as is_estimated,
    coalesce(
        ms_played is null
        or ms_played >= {{ var('counted_after_ms') }}
        or (ms_played > 0 and reason_end = 'trackdone'),
        false
    ) as is_counted,
    is_skipped,
    is_incognito,
    is_shuffle,
    is_offline,
    reason_start,
    reason_end,
    country,
    platform,
    source
from clocked
order by user_id, started_at, play_id
