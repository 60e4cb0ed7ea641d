with tracks_heard as materialized (

    select
        user_id,
        year,
        track_id,
        min(track_name) as track_name,
        artist_id,
        min(artist_name) as artist_name,
        album_id,
        min(album_name) as album_name,
        count(*) as all_plays,
        count(*) filter (where is_counted) as plays,
        sum(ms_estimated) as ms_estimated,
        {{ ms_ranked('user_id, year') }} as ms_ranked,
        count(*) filter (where is_skipped) as skips,
        count(is_skipped) as plays_with_skip_flag
    from {{ ref('music_listens') }} as listens
    group by user_id, year, track_id, artist_id, album_id

),

songs_heard as (

    select
        user_id,
        year,
        track_id,
        min(track_name) as track_name,
        min(artist_name) as artist_name,
        sum(plays) as plays,
        sum(ms_estimated) as ms_estimated,
        sum(ms_ranked) as ms_ranked
    from tracks_heard
    where artist_id is not null or artist_name is null
    group by user_id, year, track_id

),

artists_heard as (

    select
        user_id,
        year,
        artist_id,
        min(artist_name) as artist_name,
        sum(plays) as plays,
        sum(ms_estimated) as ms_estimated,
        sum(ms_ranked) as ms_ranked
    from tracks_heard
    where artist_id is not null
    group by user_id, year, artist_id

),

albums_heard as (

    select
        user_id,
        year,
        album_id,
        min(album_name) as album_name,
        sum(plays) as plays,
        sum(ms_estimated) as ms_estimated,
        sum(ms_ranked) as ms_ranked
    from tracks_heard
    where album_id is not null
    group by user_id, year, album_id

),

years as (

    select
        user_id,
        year,
        sum(ms_estimated) as ms_estimated,
        sum(all_plays) as plays,
        sum(tracks_heard.plays) as plays_counted,
        count(distinct track_id) filter (where tracks_heard.plays > 0) as tracks,
        count(distinct artist_id) filter (where tracks_heard.plays > 0) as artists,
        count(distinct album_id) filter (where tracks_heard.plays > 0) as albums,
        sum(skips) as skips,
        sum(plays_with_skip_flag) as plays_with_skip_flag
    from tracks_heard
    group by user_id, year

),

top_tracks as (

    select
        user_id,
        year,
        {{ top_of('track_id', 'track_name', 'track_id') }} as top_track_id,
        {{ top_of('track_name', 'track_name', 'track_id') }} as top_track_name,
        {{ top_of('artist_name', 'track_name', 'track_id') }} as top_track_artist_name,
        {{ top_of('ms_estimated', 'track_name', 'track_id') }} as top_track_ms
    from songs_heard
    group by user_id, year

),

top_artists as (

    select
        user_id,
        year,
        {{ top_of('artist_id', 'artist_name', 'artist_id') }} as top_artist_id,
        {{ top_of('artist_name', 'artist_name', 'artist_id') }} as top_artist_name,
        {{ top_of('ms_estimated', 'artist_name', 'artist_id') }} as top_artist_ms
    from artists_heard
    group by user_id, year

),

top_albums as (

    select
        user_id,
        year,
        {{ top_of('album_id', 'album_name', 'album_id') }} as top_album_id,
        {{ top_of('album_name', 'album_name', 'album_id') }} as top_album_name,
        {{ top_of('ms_estimated', 'album_name', 'album_id') }} as top_album_ms
    from albums_heard
    group by user_id, year

)

select
    user_id,
    cast(years.year as bigint) as year,
    cast(years.ms_estimated as bigint) as ms_estimated,
    cast(years.ms_estimated // 60000 as bigint) as minutes,
    cast(years.plays as bigint) as plays,
    cast(years.plays_counted as bigint) as plays_counted,
    years.tracks,
    years.artists,
    years.albums,
    coalesce(discovered.artists_discovered, 0) as artists_discovered,
    top_tracks.top_track_id,
    top_tracks.top_track_name,
    top_tracks.top_track_artist_name,
    cast(top_tracks.top_track_ms // 60000 as bigint) as top_track_minutes,
    top_artists.top_artist_id,
    top_artists.top_artist_name,
    cast(top_artists.top_artist_ms // 60000 as bigint) as top_artist_minutes,
    top_albums.top_album_id,
    top_albums.top_album_name,
    cast(top_albums.top_album_ms // 60000 as bigint) as top_album_minutes,
    rhythm.days_listened,
    rhythm.longest_streak_days,
    rhythm.busiest_date,
    cast(rhythm.busiest_date_minutes as bigint) as busiest_date_minutes,
    rhythm.top_hour,
    cast(years.skips / nullif(years.plays_with_skip_flag, 0) as double) as skip_rate,
    rhythm.share_q1,
    rhythm.share_q2,
    rhythm.share_q3,
    rhythm.share_q4
from years
left join top_tracks using (user_id, year)
left join top_artists using (user_id, year)
left join top_albums using (user_id, year)
inner join {{ ref('music_year_rhythm') }} as rhythm using (user_id, year)
left join (
    select
        user_id,
        year(local_date) as year,
        count(*) as artists_discovered
    from {{ ref('discoveries') }}
    where entity = 'artist'
    group by all
) as discovered using (user_id, year)
order by user_id, year
