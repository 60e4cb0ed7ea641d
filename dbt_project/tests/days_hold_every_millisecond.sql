{{ config(meta={'dagster': {'ref': {'name': 'listening_days'}}}) }}
-- What the days add up to is what the listens add up to, for every listener and kind.
with days as (

    select user_id, kind, sum(ms_estimated) as ms_estimated, sum(plays) as plays
    from {{ ref('listening_days') }}
    group by all

),

listens as (

    select user_id, kind, sum(ms_estimated) as ms_estimated, count(*) as plays
    from {{ ref('listens') }}
    {% if not var('include_incognito') %}
    where is_incognito is not true
    {% endif %}
    group by all

)

select *
from days
full join listens using (user_id, kind)
where days.ms_estimated is distinct from listens.ms_estimated
    or days.plays is distinct from listens.plays
