with counted as (

    select *
    from {{ ref('music_listens') }}
    where is_counted and (artist_id is not null or artist_name is null)

),

heard as (

    select
        user_id, 'track' as entity, track_id as entity_id, track_name as entity_name, artist_name,
        play_id, local_date, started_at, ms_estimated
    from counted
    union all
    select
        user_id, 'artist' as entity, artist_id as entity_id, artist_name as entity_name, artist_name,
        play_id, local_date, started_at, ms_estimated
    from counted
    where artist_id is not null

)

select
    user_id,
    entity,
    entity_id,
    min(entity_name) as entity_name,
    min(artist_name) as artist_name,
    min(started_at) as first_played_at,
    min_by(local_date, (started_at, play_id)) as local_date,
    max(started_at) as last_played_at,
    count(*) as plays,
    cast(sum(ms_estimated) as bigint) as ms_estimated,
    count(distinct local_date) as days_played,
    count(distinct local_date) > 3 as is_kept
from heard
group by user_id, entity, entity_id
order by user_id, entity, first_played_at, entity_id
