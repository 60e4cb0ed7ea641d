-- Audiobooks often come without an author, and then without an album id: the title stands in.
select
    user_id,
    coalesce(album_id, 'title:' || lower(album_name), 'unknown') as audiobook_id,
    min(album_name) as title,
    min(artist_name) as author_name,
    count(distinct track_id) as chapters,
    count(*) as plays,
    cast(sum(ms_estimated) as bigint) as ms_estimated,
    min(started_at) as first_played_at,
    max(started_at) as last_played_at
from {{ ref('statistics_listens') }}
where kind = 'audiobook'
group by user_id, audiobook_id
order by user_id, ms_estimated desc, title, audiobook_id
