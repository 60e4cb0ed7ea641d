{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'listens'}}}) }}
-- The plays of an album are the same in every table: in albums, in top_albums, and in the year. A warning:
-- a list is as of a moment, and other tables may be newer for the length of an import.
with catalogue as (

    select album_id, plays
    from {{ source('lake', 'albums') }}

),

heard as (

    select album_id, count(*) as plays
    from {{ ref('listens') }}
    where kind in ('music', 'video') and album_id is not null
    group by album_id

),

-- As the model music_listens has it; Dagster knows no check of a model that is no table.
music as (

    select *, year(started_at_local) as year
    from {{ ref('listens') }}
    where kind = 'music'
    {% if not var('include_incognito') %}
        and is_incognito is not true
    {% endif %}

),

listed as (

    select user_id, album_id, plays, ms_estimated, as_of
    from {{ source('lake', 'top_albums') }}
    where period = 'all_time' and ranked_by = 'plays'

),

counted as (

    select
        listed.user_id,
        listed.album_id,
        count(*) filter (where listens.is_counted) as plays,
        sum(listens.ms_estimated) as ms_estimated
    from listed
    inner join music as listens
        on listens.user_id = listed.user_id
            and listens.album_id = listed.album_id
            and listens.ended_at <= listed.as_of
    group by listed.user_id, listed.album_id

),

of_year as (

    select
        user_id,
        year,
        count(distinct album_id) filter (where is_counted) as albums
    from music
    group by user_id, year

),

of_year_top as (

    select
        years.user_id,
        years.year,
        years.top_album_id,
        coalesce(sum(listens.ms_estimated), 0) // 60000 as minutes
    from {{ ref('year_in_music') }} as years
    inner join music as listens
        on listens.user_id = years.user_id
            and listens.year = years.year
            and listens.album_id = years.top_album_id
    group by years.user_id, years.year, years.top_album_id

)

select 'albums' as disagreeing, null as user_id, album_id, catalogue.plays as told, heard.plays as heard
from catalogue
full join heard using (album_id)
where catalogue.plays is distinct from heard.plays
union all
select 'top_albums', user_id, album_id, listed.plays, counted.plays
from listed
left join counted using (user_id, album_id)
where listed.plays is distinct from counted.plays
    or coalesce(listed.ms_estimated, 0) <> coalesce(counted.ms_estimated, 0)
union all
select 'year_in_music', user_id, cast(year as varchar), years.albums, of_year.albums
from {{ ref('year_in_music') }} as years
full join of_year using (user_id, year)
where years.albums is distinct from of_year.albums
union all
select 'year_in_music', user_id, top_album_id, years.top_album_minutes, of_year_top.minutes
from {{ ref('year_in_music') }} as years
inner join of_year_top using (user_id, year, top_album_id)
where coalesce(years.top_album_minutes, 0) <> of_year_top.minutes
