"""Loops over nonces as one writes them with hashlib, each as tight as it gets."""

import hashlib
from collections.abc import Callable

from assets.trust.hashes import GENESIS, header_before_nonce
from assets.trust.mine import unmined

_TARGET = bytes(8) + b"\xff" * 24
"""Sixteen zeros: never found."""
_FIRST = 1000


def prepare(tries: str, how: str) -> Callable[[], dict[str, int]]:
    """``how`` is a function below, without its underscore."""
    prefix = header_before_nonce(unmined(GENESIS, [], GENESIS.mined_at, 16))
    loop = {"copied": _copied, "whole": _whole, "suffixed": _suffixed}[how]
    return lambda: {"tries": loop(prefix, int(tries))}


def _copied(prefix: bytes, tries: int) -> int:
    """The state before the nonce is copied for each."""
    copy, target = hashlib.sha256(prefix).copy, _TARGET
    for nonce in range(_FIRST, _FIRST + tries):
        state = copy()
        state.update(b"%d" % nonce)
        if state.digest() <= target:
            break
    return tries


def _whole(prefix: bytes, tries: int) -> int:
    """The whole header is hashed for each."""
    sha256, target = hashlib.sha256, _TARGET
    for nonce in range(_FIRST, _FIRST + tries):
        if sha256(b"%b%d" % (prefix, nonce)).digest() <= target:
            break
    return tries


def _suffixed(prefix: bytes, tries: int) -> int:
    """The state before the last three digits is copied for each: the fastest that was found here."""
    base, target = hashlib.sha256(prefix), _TARGET
    suffixes = [b"%03d" % last for last in range(1000)]
    for thousands in range(1, 1 + tries // 1000):
        state = base.copy()
        state.update(b"%d" % thousands)
        copy = state.copy
        for last in suffixes:
            tried = copy()
            tried.update(last)
            if tried.digest() <= target:
                break
    return tries
