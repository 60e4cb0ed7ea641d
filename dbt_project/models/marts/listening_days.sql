select
    user_id,
    local_date,
    kind,
    count(*) as plays,
    count(*) filter (where is_counted) as plays_counted,
    cast(sum(ms_estimated) as bigint) as ms_estimated,
    count(distinct track_id) as tracks,
    count(*) filter (where is_skipped) as skips
from {{ ref('statistics_listens') }}
group by user_id, local_date, kind
order by user_id, local_date, kind
