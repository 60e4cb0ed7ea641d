"""What a licence permits: SPDX expressions, read by the license-expression library, as one number.

Of ``A OR B`` one may choose the more permissive; ``A AND B`` bind together, so the less counts; an
exception (``WITH``) only permits more, so its licence counts.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Final

from license_expression import (  # type: ignore[import-untyped]
    AND,
    OR,
    ExpressionError,
    LicenseSymbol,
    LicenseWithExceptionSymbol,
    Licensing,
    Renderable,
    get_spdx_licensing,
)

PUBLIC_DOMAIN, PERMISSIVE, SHARE_ALIKE, NON_COMMERCIAL, NO_DERIVATIVES = 1.0, 0.9, 0.7, 0.4, 0.3

_WAYS: Final[tuple[tuple[float, str], ...]] = (
    (PUBLIC_DOMAIN, r"CC0-1\.0|CC-PDDC|CC-PDM-1\.0|PDDL-1\.0|Unlicense|DL-DE-ZERO-2\.0"),
    (NO_DERIVATIVES, r"CC-BY-(NC-)?ND-.+"),
    (NON_COMMERCIAL, r"CC-BY-NC-.+|C-UDA-1\.0|OGL-UK-NC-.+"),
    (SHARE_ALIKE, r"CC-BY-SA-.+|CC-SA-1\.0|ODbL-1\.0|CDLA-Sharing-1\.0|OGDL-Taiwan-1\.0"),
    (SHARE_ALIKE, r"(A|L)?GPL-\d.+|GFDL-.+|MPL-.+|EPL-.+|EUPL-.+|OSL-.+|LAL-.+|FreeArt"),
    (PERMISSIVE, r"CC-BY-\d.+|ODC-By-1\.0|CDLA-Permissive-.+|DL-DE-BY-2\.0|etalab-2\.0|OGL-.+|NLOD-.+"),
    (PERMISSIVE, r"MIT(-0)?|Apache-2\.0|BSD-[123]-Clause|0BSD|ISC|Zlib|BSL-1\.0|Artistic-2\.0|WTFPL|AFL-.+"),
)
"""Permissiveness of ids that match the whole pattern; the first that does counts."""
_OWN: Final = re.compile(r"(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
"""Licences that a dataset brings itself: SPDX expressions may name them."""
_USUAL = ("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "ODbL-1.0")
_LONGEST = 500
_ADVICE = (
    "Write an SPDX licence expression such as CC0-1.0, CC-BY-4.0, ODbL-1.0 or CC-BY-NC-4.0 "
    "(as `licence:` in dataset.yaml, or with --licence)"
)


class LicenceError(ValueError):
    """A licence that lets nobody use the dataset, as far as one can tell; the message says what to write."""


@dataclass(frozen=True)
class Licence:
    """An SPDX expression in its usual spelling, and what it permits: from 0.3 to 1."""

    expression: str
    permissiveness: float


def parsed(given: str | None) -> Licence:
    """The licence of a dataset.

    Raises:
        LicenceError: it is missing, no SPDX expression, or not known to let anybody use the dataset.
    """
    said = (given or "").strip()
    if not said:
        raise LicenceError(f"It names no licence. {_ADVICE}.")
    if len(said) > _LONGEST:
        raise LicenceError(
            f"Its licence is {len(said):,} characters long. {_ADVICE}, not the licence's text."
        )
    tree = _tree(said)
    return Licence(tree.render(), _permissiveness(tree))


def known(ident: str) -> float | None:
    """What one SPDX id permits; None when nobody here can tell."""
    return next((value for value, pattern in _WAYS if re.fullmatch(pattern, ident)), None)


def _tree(said: str) -> Renderable:
    try:
        tree = _licensing().parse(said, strict=True)
    except (ExpressionError, RecursionError) as error:  # its own text speaks of keys, and may be long
        raise LicenceError(f"{_quoted(said)} is no SPDX licence expression. {_advice(said)}") from error
    if tree is None:
        raise LicenceError(f"It names no licence. {_ADVICE}.")
    if not all(map(_OWN.fullmatch, _licensing().unknown_license_keys(tree))):
        raise LicenceError(f"{_quoted(said)} is no SPDX licence expression. {_advice(said)}")
    return tree


def _permissiveness(tree: Renderable) -> float:
    if isinstance(tree, OR):
        return max(_choices(tree))
    if isinstance(tree, AND):
        return min(map(_permissiveness, tree.args))
    ident = tree.license_symbol if isinstance(tree, LicenseWithExceptionSymbol) else tree
    assert isinstance(ident, LicenseSymbol)
    value = known(ident.key)
    if value is None:
        raise LicenceError(
            f"{ident.key} is not among the licences Longplay knows to let people use a dataset. {_ADVICE}."
        )
    return value


def _choices(tree: Renderable) -> list[float]:
    """What the alternatives permit: one that is not known need not be chosen."""
    found: list[float] = []
    refused: LicenceError | None = None
    for choice in tree.args:
        try:
            found.append(_permissiveness(choice))
        except LicenceError as error:
            refused = error
    if refused and not found:
        raise refused
    return found


def _advice(said: str) -> str:
    plain = re.sub(r"[\s_]+", "-", said).upper()
    usual = [each for each in _USUAL if each.upper().startswith(plain)]
    close = get_close_matches(plain, _spelt(), n=1, cutoff=0.75)
    meant = [*usual, *(_spelt()[each] for each in close)]
    return f"Did you mean {meant[0]}? {_ADVICE}." if meant else f"{_ADVICE}."


def _quoted(said: str) -> str:
    return f"“{said[:60]}…”" if len(said) > 60 else f"“{said}”"


@cache
def _licensing() -> Licensing:
    """The SPDX ids there are; made at first use, which reads a file of the library."""
    return get_spdx_licensing()


@cache
def _spelt() -> dict[str, str]:
    """Ids that are good for a dataset, by themselves in capitals."""
    idents: Iterable[str] = _licensing().known_symbols
    return {ident.upper(): ident for ident in idents if known(ident) is not None}
