select
    user_id,
    cast(isodow(started_at_local) as bigint) as weekday,
    cast(hour(started_at_local) as bigint) as hour,
    kind,
    count(*) as plays,
    cast(sum(ms_estimated) as bigint) as ms_estimated
from {{ ref('statistics_listens') }}
group by user_id, weekday, hour, kind
order by user_id, weekday, hour, kind
