{{ config(meta={'dagster': {'ref': {'name': 'sittings'}}}) }}
-- A sitting starts more than the gap after the one before it ended.
select
    user_id,
    sitting_number,
    started_at,
    lag(ended_at) over (partition by user_id order by sitting_number) as previous_ended_at
from {{ ref('sittings') }}
qualify started_at <= previous_ended_at + to_minutes({{ var('sitting_gap_minutes') }})
