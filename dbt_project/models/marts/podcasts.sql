select
    user_id,
    coalesce(show_id, 'unknown') as show_id,
    max_by(artist_name, (started_at, play_id)) as show_name,
    count(distinct track_id) as episodes,
    count(*) as plays,
    count(*) filter (where is_counted) as plays_counted,
    cast(sum(ms_estimated) as bigint) as ms_estimated,
    min(started_at) as first_played_at,
    max(started_at) as last_played_at
from {{ ref('statistics_listens') }}
where kind = 'podcast'
group by user_id, coalesce(show_id, 'unknown')
order by user_id, ms_estimated desc, show_name, show_id
