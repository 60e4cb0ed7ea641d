-- When in a local year the music was heard: days, the longest run of them, hours and quarters.
with days as (

    select
        user_id,
        year,
        local_date,
        count(*) filter (where is_counted) as plays_counted,
        sum(ms_estimated) as ms_estimated,
        {{ ms_ranked('user_id, year') }} as ms_ranked
    from {{ ref('music_listens') }} as listens
    group by user_id, year, local_date

),

streaks as (

    select
        user_id,
        year,
        count(*) as days
    from (
        select
            user_id,
            year,
            local_date - cast(
                row_number() over (partition by user_id, year order by local_date) as integer
            ) as island
        from days
        where plays_counted > 0
    )
    group by user_id, year, island

),

longest as (

    select
        user_id,
        year,
        max(days) as longest_streak_days
    from streaks
    group by user_id, year

),

hours as (

    select
        user_id,
        year,
        hour(started_at_local) as hour,
        {{ ms_ranked('user_id, year') }} as ms_ranked,
        count(*) as plays
    from {{ ref('music_listens') }} as listens
    group by user_id, year, hour(started_at_local)

),

top_hours as (

    select
        user_id,
        year,
        cast(min_by(hour, (-ms_ranked, -plays, hour)) as bigint) as top_hour
    from hours
    group by user_id, year

),

spans as (

    select
        user_id,
        year,
        count(*) filter (where plays_counted > 0) as days_listened,
        min_by(local_date, (-ms_ranked, -plays_counted, local_date)) as busiest_date,
        arg_min_null(ms_estimated, (-ms_ranked, -plays_counted, local_date)) // 60000 as busiest_date_minutes,
        nullif(sum(ms_ranked), 0) as ms_total,
        {% for quarter in [1, 2, 3, 4] %}
        coalesce(sum(ms_ranked) filter (where quarter(local_date) = {{ quarter }}), 0) as ms_q{{ quarter }}
        {{- "," if not loop.last }}
        {% endfor %}
    from days
    group by user_id, year

)

select
    user_id,
    year,
    spans.days_listened,
    coalesce(longest.longest_streak_days, 0) as longest_streak_days,
    spans.busiest_date,
    spans.busiest_date_minutes,
    top_hours.top_hour,
    {% for quarter in [1, 2, 3, 4] %}
    cast(spans.ms_q{{ quarter }} / spans.ms_total as double) as share_q{{ quarter }}{{ "," if not loop.last }}
    {% endfor %}
from spans
inner join top_hours using (user_id, year)
left join longest using (user_id, year)
