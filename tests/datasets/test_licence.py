"""Which licences let a dataset in, and what they permit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.datasets.licence import LicenceError, known, parsed


@pytest.mark.parametrize(
    ("said", "permits"),
    [
        *((ident, 1.0) for ident in ("CC0-1.0", "PDDL-1.0", "CC-PDDC", "Unlicense")),
        *((ident, 0.9) for ident in ("CC-BY-4.0", "CC-BY-3.0", "MIT", "ODC-By-1.0", "Apache-2.0")),
        *((ident, 0.7) for ident in ("CC-BY-SA-4.0", "ODbL-1.0", "GPL-3.0-or-later", "CDLA-Sharing-1.0")),
        *((ident, 0.4) for ident in ("CC-BY-NC-4.0", "CC-BY-NC-SA-4.0")),
        *((ident, 0.3) for ident in ("CC-BY-ND-4.0", "CC-BY-NC-ND-4.0")),
    ],
)
def test_a_licence_permits_what_its_kind_does(said: str, permits: float) -> None:
    assert parsed(said).permissiveness == permits


@pytest.mark.parametrize(
    ("said", "permits"),
    [
        ("CC-BY-NC-4.0 OR CC0-1.0", 1.0),
        ("CC-BY-NC-4.0 AND CC0-1.0", 0.4),
        ("(CC-BY-ND-4.0 OR MIT) AND ODbL-1.0", 0.7),
        ("CC-BY-ND-4.0 OR (MIT AND ODbL-1.0)", 0.7),
        ("GPL-2.0-only WITH Classpath-exception-2.0", 0.7),
        ("JSON OR MIT", 0.9),
        ("LicenseRef-our-own OR CC-BY-4.0", 0.9),
        ("DocumentRef-here:LicenseRef-our-own OR ODbL-1.0", 0.7),
    ],
)
def test_of_a_choice_the_freer_counts_and_of_a_bond_the_stricter(said: str, permits: float) -> None:
    assert parsed(said).permissiveness == permits


def test_an_expression_is_kept_in_its_usual_spelling() -> None:
    assert parsed(" cc-by-4.0 or mit ").expression == "CC-BY-4.0 OR MIT"


@pytest.mark.parametrize(
    "said",
    [
        *(None, "", "  ", "free", "proprietary", "unknown", "NONE", "NOASSERTION", "LicenseRef-mine"),
        *("all rights reserved", "CC-BY-4.0 OR", "((", "MIT WITH Apache-2.0", "CC-BY-4.0 AND free", "JSON"),
        *("CC-BY-4.0 OR free", "CC-BY-4.0 AND LicenseRef-mine"),
        *("x" * 10_000, "(" * 400, "\0", "MIT\n\nOR", "AND"),
    ],
)
def test_what_is_no_licence_to_use_is_refused_and_told_what_to_write(said: str | None) -> None:
    with pytest.raises(LicenceError, match="Write an SPDX licence expression") as error:
        parsed(said)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("CC BY 4.0", "CC-BY-4.0"),
        ("cc0", "CC0-1.0"),
        ("CC-BY-SA", "CC-BY-SA-4.0"),
        ("cc by-nc 4.0", "CC-BY-NC-4.0"),
    ],
)
def test_what_is_almost_one_is_told_which(said: str, meant: str) -> None:
    with pytest.raises(LicenceError, match=f"Did you mean {meant}[?]"):
        parsed(said)


IDS = st.sampled_from(("CC0-1.0", "MIT", "ODbL-1.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0"))
TREES = st.recursive(IDS, lambda inner: st.tuples(inner, st.sampled_from(("AND", "OR")), inner), max_leaves=6)
Tree = str | tuple["Tree", str, "Tree"]


def written(tree: Tree) -> str:
    return tree if isinstance(tree, str) else f"({written(tree[0])} {tree[1]} {written(tree[2])})"


def expected(tree: Tree) -> float:
    if isinstance(tree, str):
        value = known(tree)
        assert value is not None
        return value
    left, right = expected(tree[0]), expected(tree[2])
    return max(left, right) if tree[1] == "OR" else min(left, right)


@given(TREES)
def test_any_expression_permits_what_its_tree_says(tree: Tree) -> None:
    assert parsed(written(tree)).permissiveness == expected(tree)


@given(st.text(max_size=60))
def test_whatever_is_written_gives_a_number_or_a_reason(said: str) -> None:
    reason = ""
    try:
        permits = parsed(said).permissiveness
    except LicenceError as error:
        permits, reason = 1.0, str(error)
    assert 0.3 <= permits <= 1
    assert not reason or "SPDX" in reason
