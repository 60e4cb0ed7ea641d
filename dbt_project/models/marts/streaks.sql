-- Days in a row minus their row numbers are one constant: that names the streak.
with counted_days as (

    select
        user_id,
        local_date,
        local_date - cast(row_number() over (partition by user_id order by local_date) as integer) as island
    from {{ ref('listening_days') }}
    group by user_id, local_date
    having sum(plays_counted) > 0

),

last_days as (

    select
        user_id,
        max(local_date) as last_local_date
    from {{ ref('listening_days') }}
    group by user_id

),

runs as (

    select
        user_id,
        min(local_date) as first_date,
        max(local_date) as last_date,
        count(*) as days
    from counted_days
    group by user_id, island

)

select
    runs.user_id,
    row_number() over (partition by runs.user_id order by runs.days desc, runs.last_date desc) as rank,
    runs.first_date,
    runs.last_date,
    runs.days,
    runs.last_date >= last_days.last_local_date - 1 as is_current
from runs
inner join last_days using (user_id)
order by runs.user_id, rank
