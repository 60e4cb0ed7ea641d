select
    user_id,
    cast(date_trunc('month', local_date) as date) as local_month,
    kind,
    cast(sum(plays) as bigint) as plays,
    cast(sum(plays_counted) as bigint) as plays_counted,
    cast(sum(ms_estimated) as bigint) as ms_estimated,
    count(*) as days_listened
from {{ ref('listening_days') }}
group by user_id, local_month, kind
order by user_id, local_month, kind
