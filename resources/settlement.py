"""The ledger's arithmetic: an import's totals are the sums of its months' outcomes, never a subtraction."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, ScalarSelect, delete, func, insert, select, update

from resources.operational_tables import import_months, imports


class Outcome(NamedTuple):
    """What became of one import's rows of one month."""

    import_id: str
    month: str
    rows_stored: int
    rows_duplicate: int


class UnknownImportError(LookupError):
    """The ledger has no such import."""


def settle(
    connection: Connection, months: Sequence[str], outcomes: Sequence[Outcome], finished_at: datetime
) -> list[str]:
    """``Operational.settle`` inside the caller's transaction, which holds the lock."""
    given = [Outcome(*outcome) for outcome in outcomes]
    if strays := {outcome.month for outcome in given} - set(months):
        raise ValueError(f"Outcomes of months that are not being settled: {sorted(strays)}")
    _sum_up(connection, _replace_months(connection, months, given))
    return _complete(connection, finished_at)


def _replace_months(connection: Connection, months: Sequence[str], outcomes: Sequence[Outcome]) -> list[str]:
    """The imports whose rows are or were in these months."""
    old = delete(import_months).where(import_months.c.month.in_(months)).returning(import_months.c.import_id)
    concerned = {*connection.scalars(old), *(outcome.import_id for outcome in outcomes)}
    known: set[str] = set(
        connection.scalars(select(imports.c.import_id).where(imports.c.import_id.in_(concerned)))
    )
    if concerned - known:
        raise UnknownImportError(
            f"The lake holds rows of imports the ledger lacks: {sorted(concerned - known)}"
        )
    if outcomes:
        connection.execute(insert(import_months), [outcome._asdict() for outcome in outcomes])
    return sorted(concerned)


def _sum_up(connection: Connection, import_ids: Sequence[str]) -> None:
    def total(name: str) -> ScalarSelect[int]:
        of_import = import_months.c.import_id == imports.c.import_id
        return select(func.coalesce(func.sum(import_months.c[name]), 0)).where(of_import).scalar_subquery()

    connection.execute(
        update(imports)
        .where(imports.c.import_id.in_(import_ids))
        .values(rows_stored=total("rows_stored"), rows_duplicate=total("rows_duplicate"))
    )


def _complete(connection: Connection, finished_at: datetime) -> list[str]:
    accounted_for = imports.c.rows_stored + imports.c.rows_duplicate + imports.c.rows_rejected
    return sorted(
        connection.scalars(
            update(imports)
            .where(imports.c.status == "running", imports.c.rows_read == accounted_for)
            .values(status="completed", finished_at=finished_at)
            .returning(imports.c.import_id)
        )
    )
