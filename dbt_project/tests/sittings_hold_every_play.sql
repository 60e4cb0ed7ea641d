{{ config(meta={'dagster': {'ref': {'name': 'sittings'}}}) }}
-- Every play is in exactly one sitting.
with sittings as (

    select user_id, sum(plays) as plays, sum(ms_estimated) as ms_estimated
    from {{ ref('sittings') }}
    group by user_id

),

days as (

    select user_id, sum(plays) as plays, sum(ms_estimated) as ms_estimated
    from {{ ref('listening_days') }}
    group by user_id

)

select *
from sittings
full join days using (user_id)
where sittings.plays is distinct from days.plays
    or sittings.ms_estimated is distinct from days.ms_estimated
