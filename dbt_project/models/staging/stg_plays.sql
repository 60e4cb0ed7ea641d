-- A play of an alias (a name id, a re-release) is a play of the track that stands for the song.
select
    plays.* exclude (track_id),
    plays.track_id as played_track_id,
    coalesce(aliases.track_id, plays.track_id) as track_id
from {{ source('lake', 'plays') }} as plays
left join {{ source('lake', 'track_aliases') }} as aliases
    on aliases.alias_id = plays.track_id
