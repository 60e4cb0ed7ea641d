"""Trust scores made in the lake, and what changed in them queued for the chain."""

from typing import Final

import polars as pl

from assets import store
from assets.tables import FEEDBACK_EVENTS, PLAY_MONTHS, TRACK_ALIASES, TRACKS, TRUST_SCORES
from assets.trust import scores, voices
from assets.trust.hashes import sealed
from resources.world import World

_SAID: Final = {
    name: TRUST_SCORES.schema[name] for name in ("content_id", "creator_id", "verifications", "reports")
}


def score(world: World, most: int = store.ROWS_A_BATCH) -> dict[str, int]:
    """Makes ``trust_scores``, about ``most`` rows of listening at once, and queues what changed."""
    rows = store.replace(world, [TRUST_SCORES], lambda: [_scored(world, most)])
    queue(world)
    return rows


def queue(world: World) -> int:
    """Makes a pending record of every score that differs from its content's newest one; returns how many."""
    if not world.settings.trust:
        return 0
    with world.chain.changing() as change:
        newest = pl.LazyFrame(list(change.newest()), schema=_SAID, orient="row")
        changed = scores.changed(world.lake.scan(TRUST_SCORES), newest).collect()
        return change.queue(changed, world.clock(), sealed) if changed.height else 0


def _scored(world: World, most: int) -> pl.DataFrame:
    lake = world.lake
    play_months, events = lake.scan(PLAY_MONTHS), lake.scan(FEEDBACK_EVENTS)
    aliases = lake.scan(TRACK_ALIASES)
    votes = [
        voices.counted(store.of_users(play_months, users), store.of_users(events, users), aliases).collect()
        for users in store.everybody(play_months.select("user_id"), most)
    ]
    return scores.scored(votes, lake.scan(TRACKS), aliases).collect()
