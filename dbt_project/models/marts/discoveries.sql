with counted as (

    select *
    from {{ ref('music_listens') }}
    where is_counted

),

heard as (

    select
        user_id, 'track' as entity, track_id as entity_id, track_name as entity_name, artist_name,
        local_date, started_at, ms_estimated
    from counted
    union all
    select
        user_id, 'artist' as entity, artist_id as entity_id, artist_name as entity_name, artist_name,
        local_date, started_at, ms_estimated
    from counted
    where artist_id is not null

),

days as (

    select
        user_id,
        entity,
        entity_id,
        entity_name,
        artist_name,
        local_date,
        count(*) as plays,
        coalesce(sum(ms_estimated), 0) as ms_estimated,
        min(started_at) as first_played_at,
        max(started_at) as last_played_at
    from heard
    group by user_id, entity, entity_id, entity_name, artist_name, local_date

)

select
    user_id,
    entity,
    entity_id,
    any_value(entity_name) as entity_name,
    any_value(artist_name) as artist_name,
    min(first_played_at) as first_played_at,
    min_by(local_date, first_played_at) as local_date,
    max(last_played_at) as last_played_at,
    cast(sum(plays) as bigint) as plays,
    cast(sum(ms_estimated) as bigint) as ms_estimated,
    count(distinct local_date) as days_played,
    count(distinct local_date) > 3 as is_kept
from days
group by user_id, entity, entity_id
order by user_id, entity, first_played_at, entity_id
