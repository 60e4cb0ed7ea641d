{{ config(meta={'dagster': {'ref': {'name': 'streaks'}}}) }}
-- A streak of n days spans n days, and no two touch.
select
    user_id,
    first_date,
    last_date,
    days,
    lag(last_date) over (partition by user_id order by first_date) as previous_last_date
from {{ ref('streaks') }}
qualify last_date - first_date + 1 <> days
    or first_date <= previous_last_date + 1
