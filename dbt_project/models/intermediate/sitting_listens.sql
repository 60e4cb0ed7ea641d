-- Each listen with the number of its sitting. A stop time can be hours late (it is the time of the
-- next start or of the sync for about 4 % of rows), so what was heard ends at start + time played.
with timed as (

    select
        play_id,
        user_id,
        track_id,
        artist_id,
        artist_name,
        started_at,
        local_date,
        ms_estimated,
        is_counted,
        case
            when ms_played is not null then started_at + to_milliseconds(ms_estimated)
            when ended_at > started_at then ended_at
            else started_at + to_milliseconds(coalesce(ms_estimated, 0))
        end as heard_until
    from {{ ref('statistics_listens') }}

),

gaps as (

    select
        *,
        max(heard_until) over (
            partition by user_id order by started_at, play_id
            rows between unbounded preceding and 1 preceding
        ) as silent_since
    from timed

),

openings as (

    select
        * exclude (silent_since),
        silent_since is null
        or started_at > silent_since + to_minutes({{ var('sitting_gap_minutes') }}) as is_opening
    from gaps

)

-- A sum, not a filtered count: DuckDB computes that one anew for every row's frame.
select
    *,
    cast(sum(cast(is_opening as bigint)) over (
        partition by user_id order by started_at, play_id
        rows between unbounded preceding and current row
    ) as bigint) as sitting_number
from openings
