select
    *,
    year(started_at_local) as year
from {{ ref('statistics_listens') }}
where kind = 'music'
