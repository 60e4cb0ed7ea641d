-- The listens that statistics are made of: private sessions only when asked for.
select *
from {{ ref('listens') }}
{% if not var('include_incognito') %}
where is_incognito is not true
{% endif %}
