{{ config(meta={'dagster': {'ref': {'name': 'listens'}}}) }}
-- Joining names and zones neither loses a play nor doubles one.
select *
from (select count(*) as plays from {{ source('lake', 'plays') }})
cross join (select count(*) as listens from {{ ref('listens') }})
where plays <> listens
