-- Countries whose only zone DuckDB knows.
select
    countries.country,
    zones.name as time_zone
from {{ source('lake', 'country_time_zones') }} as countries
inner join pg_timezone_names() as zones
    on zones.name = countries.time_zone
