"""``longplay sql``: the published tables asked with DuckDB SQL, read-only."""

import csv
import io
import json
import math
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from pipelines.terminal import to_reader

if TYPE_CHECKING:
    import duckdb

    from resources.world import World


class Format(StrEnum):
    """How ``sql`` prints rows."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    ARROW = "arrow"


_BATCH_ROWS: Final = 100_000


class QueryError(RuntimeError):
    """The query cannot be answered; the message is DuckDB's."""


def ask(world: "World", query: str, output: Format) -> None:
    """Prints the rows of a query.

    Raises:
        QueryError: DuckDB does not take it, or nothing was published yet.
        UnknownTableError: it names a table that is not there.
    """
    import duckdb  # noqa: PLC0415

    from pipelines.publish import ensure_warehouse  # noqa: PLC0415
    from resources.warehouse import NO_DOWNLOADS  # noqa: PLC0415

    try:
        path = ensure_warehouse(world)
        with duckdb.connect(str(path), read_only=True, config=NO_DOWNLOADS) as connection:
            _answer(connection, query, output)
    except (duckdb.Error, FileNotFoundError) as error:
        raise QueryError(str(error)) from None


def _answer(connection: "duckdb.DuckDBPyConnection", query: str, output: Format) -> None:
    import duckdb  # noqa: PLC0415

    from pipelines.suggest import missing_table, unknown_table  # noqa: PLC0415

    try:
        if not connection.extract_statements(query):
            raise QueryError('There is no query in it; ask something, such as "SHOW TABLES".')
        relation = connection.sql(query)
        if relation is not None:
            told(relation, output)
    except duckdb.CatalogException as error:
        name = missing_table(str(error))
        if name is None:
            raise
        known = [row[0] for row in connection.execute("SHOW TABLES").fetchall()]
        raise unknown_table(name, known) from None


def told(relation: "duckdb.DuckDBPyRelation", output: Format) -> None:
    """Writes rows to ``sys.stdout``."""
    with to_reader():
        _print(relation, output)


def _print(relation: "duckdb.DuckDBPyRelation", output: Format) -> None:
    if output is Format.TABLE:
        sys.stdout.write(f"{relation}\n")
        return
    if output in (Format.PARQUET, Format.ARROW):
        _write(relation, output)
        return
    names, rows = relation.columns, relation.fetchall()
    if output is Format.CSV:
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows(rows)
    else:
        printed = [{name: _jsonable(value) for name, value in zip(names, row, strict=True)} for row in rows]
        is_utf_8 = "utf" in (sys.stdout.encoding or "").lower()
        sys.stdout.write(json.dumps(printed, ensure_ascii=not is_utf_8, allow_nan=False) + "\n")


def _jsonable(value: Any) -> Any:  # noqa: ANN401 - whatever DuckDB gives
    """JSON knows no NaN and no infinity (null), no keys but texts, and no moments (their text)."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, dict):
        return {str(key): _jsonable(inner) for key, inner in value.items()}
    return [_jsonable(inner) for inner in value] if isinstance(value, (list, tuple)) else str(value)


def _write(relation: "duckdb.DuckDBPyRelation", output: Format) -> None:
    """Rows for programs, some at a time: a Parquet file or an Arrow stream, with their types."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    if sys.stdout.isatty():
        raise QueryError(f"{output} is for programs: redirect it into a file or to another program.")
    batches = relation.to_arrow_reader(_BATCH_ROWS)
    with pa.PythonFile(_Counted(sys.stdout.buffer), mode="w") as sink:
        made = pq.ParquetWriter if output is Format.PARQUET else pa.ipc.new_stream
        with made(sink, batches.schema) as writer:
            for batch in batches:
                writer.write_batch(batch)


class _Counted(io.RawIOBase):
    """A pipe that knows how much went through it: a Parquet file says where its parts are."""

    def __init__(self, pipe: BinaryIO) -> None:
        super().__init__()
        self._pipe, self._written = pipe, 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """All of it."""
        self._written += len(data)
        return self._pipe.write(data)

    def tell(self) -> int:
        """How many bytes were written."""
        return self._written

    def flush(self) -> None:
        """To whoever reads."""
        if not self.closed:
            self._pipe.flush()
