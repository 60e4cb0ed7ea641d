-- One row a value of a habit, so that every habit is one bar chart: filter `habit`, plot skip_rate
-- over `value`. Text values sort as they should be drawn.
with heard as (

    select
        *,
        row_number() over (partition by user_id, track_id order by started_at, play_id) as nth_play
    from {{ ref('music_listens') }}

),

habits as (

    select
        user_id,
        cast(year as bigint) as year,
        is_skipped,
        lpad(cast(hour(started_at_local) as varchar), 2, '0') as hour,
        cast(isodow(started_at_local) as varchar) as weekday,
        coalesce(nullif(reason_start, ''), 'unknown') as started_by,
        case
            when nth_play = 1 then '01'
            when nth_play <= 5 then '02-05'
            when nth_play <= 20 then '06-20'
            else '21+'
        end as familiarity
    from heard
    where is_skipped is not null

)

select
    user_id,
    year,
    case
        when grouping(hour) = 0 then 'hour'
        when grouping(weekday) = 0 then 'weekday'
        when grouping(started_by) = 0 then 'started_by'
        else 'familiarity'
    end as habit,
    coalesce(hour, weekday, started_by, familiarity) as value,
    count(*) as plays,
    count(*) filter (where is_skipped) as skips,
    count(*) filter (where is_skipped) / count(*) as skip_rate
from habits
group by grouping sets (
    (user_id, year, hour), (user_id, year, weekday), (user_id, year, started_by), (user_id, year, familiarity)
)
order by user_id, year, habit, value
