"""Simulated listeners, and exports of what they played in the formats people bring.

The demo, the tests and the benchmarks use it; the truth is known, so every result can be checked.
"""

from simulator.account import write_account
from simulator.listener import simulate, truth_frames
from simulator.quirks import Quirks
from simulator.services import scrobbles, write_lastfm, write_listenbrainz, write_maloja
from simulator.spotify import Vintage, write_extended

__all__ = [
    "Quirks",
    "Vintage",
    "scrobbles",
    "simulate",
    "truth_frames",
    "write_account",
    "write_extended",
    "write_lastfm",
    "write_listenbrainz",
    "write_maloja",
]
