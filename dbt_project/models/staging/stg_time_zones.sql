-- Where each listener is at home. A zone DuckDB does not know would fail the whole build: UTC then.
select
    listeners.user_id,
    zones.name as time_zone
from {{ source('lake', 'listeners') }} as listeners
inner join pg_timezone_names() as zones
    on zones.name = listeners.time_zone
