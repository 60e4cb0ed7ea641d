with listens as materialized (

    select *
    from {{ ref('sitting_listens') }}

),

artists_heard as (

    select
        user_id,
        sitting_number,
        artist_id,
        min(artist_name) as artist_name,
        count(*) as plays,
        {{ ms_ranked('user_id, sitting_number') }} as ms_ranked
    from listens
    where artist_id is not null
    group by user_id, sitting_number, artist_id

),

top_artists as (

    select
        user_id,
        sitting_number,
        {{ top_of('artist_id', 'artist_name', 'artist_id') }} as top_artist_id,
        {{ top_of('artist_name', 'artist_name', 'artist_id') }} as top_artist_name
    from artists_heard
    group by user_id, sitting_number

),

sittings as (

    select
        user_id,
        sitting_number,
        min(play_id) filter (where is_opening) as sitting_id,
        min(started_at) as started_at,
        max(heard_until) as ended_at,
        min(local_date) filter (where is_opening) as local_date,
        count(*) as plays,
        count(*) filter (where is_counted) as plays_counted,
        cast(sum(ms_estimated) as bigint) as ms_estimated,
        count(distinct track_id) as tracks
    from listens
    group by user_id, sitting_number

)

select
    sittings.user_id,
    sittings.sitting_number,
    sittings.sitting_id,
    sittings.started_at,
    sittings.ended_at,
    sittings.local_date,
    sittings.plays,
    sittings.plays_counted,
    sittings.ms_estimated,
    sittings.tracks,
    top_artists.top_artist_id,
    top_artists.top_artist_name
from sittings
left join top_artists using (user_id, sitting_number)
order by sittings.user_id, sittings.sitting_number
