"""The Merkle tree is that of RFC 6962, and its paths lead to its root."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.trust import merkle

INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Roots over the first 0 to 8 inputs, as the test vectors of Certificate Transparency have them."""


def leaf(content: bytes) -> str:
    return hashlib.sha256(b"\0" + content).hexdigest()


def by_the_definition(leaves: list[str]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return bytes.fromhex(leaves[0])
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    left, right = by_the_definition(leaves[:half]), by_the_definition(leaves[half:])
    return hashlib.sha256(b"\1" + left + right).digest()


@pytest.mark.parametrize("count", range(9))
def test_roots_are_those_of_the_published_test_vectors(count: int) -> None:
    assert merkle.root([leaf(bytes.fromhex(text)) for text in INPUTS[:count]]) == ROOTS[count]


@given(st.lists(st.binary(max_size=4).map(leaf), max_size=70))
def test_the_root_is_that_of_the_definition(leaves: list[str]) -> None:
    assert merkle.root(leaves) == by_the_definition(leaves).hex()


@given(st.lists(st.binary(max_size=4).map(leaf), min_size=1, max_size=70), st.data())
def test_the_path_of_every_leaf_leads_to_the_root_and_that_of_no_other(
    leaves: list[str], data: st.DataObject
) -> None:
    position = data.draw(st.integers(0, len(leaves) - 1))
    steps = merkle.path(leaves, position)
    assert merkle.climbed(leaves[position], steps) == merkle.root(leaves)
    assert merkle.climbed(leaf(b"another"), steps) != merkle.root(leaves)
    assert len(steps) <= (len(leaves) - 1).bit_length()
