"""Simulated listeners, and exports of what they played in the formats people bring.

The demo, the tests and the benchmarks use it; the truth is known, so every result can be checked.
"""

from simulator.account import write_account
from simulator.differences import Differences
from simulator.extended import write_extended, write_extended_frames
from simulator.extended_files import Vintage
from simulator.lastfm import write_lastfm
from simulator.listener import simulate, truth_frames
from simulator.quirks import Quirks
from simulator.scrobbles import scrobbles
from simulator.services import write_listenbrainz, write_maloja
from simulator.tools import write_tool

__all__ = [
    "Differences",
    "Quirks",
    "Vintage",
    "scrobbles",
    "simulate",
    "truth_frames",
    "write_account",
    "write_extended",
    "write_extended_frames",
    "write_lastfm",
    "write_listenbrainz",
    "write_maloja",
    "write_tool",
]
