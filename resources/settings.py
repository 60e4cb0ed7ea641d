"""Every setting, read from ``LONGPLAY_*`` when (and only when) a ``Settings`` is made.

What belongs here: what a person may change, and the folders that follow from it. The settings
reference in the documentation is generated from the descriptions.
"""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from resources.listeners import DATASETS, listener_id

STORES = frozenset(
    {
        *("s3", "s3a", "gs", "gcs", "az", "azure", "abfs", "abfss", "adl", "wasb", "wasbs", "oss"),
        *("hdfs", "webhdfs", "lakefs", "http", "https", "file", "memory"),
    }
)
"""Schemes of the stores that delta-rs writes to."""

UserId = Annotated[str, AfterValidator(listener_id)]


class Settings(BaseSettings):
    """What a person may change; an invalid value raises ``ValidationError`` without repeating it."""

    model_config = SettingsConfigDict(
        env_prefix="LONGPLAY_",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
        extra="forbid",
        env_ignore_empty=True,
    )

    home: Path = Field(
        default=Path("data"), description="Folder that holds everything; made absolute when read."
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="postgresql:// URL of a PostgreSQL server (14 or newer; backups up to 18) to use; "
        "unset, one starts by itself in the home folder.",
    )
    lake_url: str | None = Field(
        default=None,
        description="Where the Delta tables are: a folder or an object-store URL such as s3://bucket/lake "
        "(marts and SQL then need DuckDB's httpfs extension); unset, lake in the home folder.",
    )
    keep_originals: bool = Field(
        default=False,
        description="Keep a copy of every imported file (they hold personal fields such as IP addresses); "
        "otherwise a file leaves the inbox once its rows are stored.",
    )
    user: UserId = Field(default="me", description="The listener when none is named.")
    counted_after_ms: int = Field(
        default=30_000,
        ge=0,
        description="A play counts from this many milliseconds; complete shorter ones count too.",
    )
    include_incognito: bool = Field(
        default=False, description="Count plays of private sessions in statistics."
    )
    sitting_gap_minutes: int = Field(default=20, ge=1, description="Silence longer than this ends a sitting.")
    snapshot_grace_hours: int = Field(
        default=24, ge=1, description="Hours for which files that no kept snapshot names stay readable."
    )
    runs_kept_days: int = Field(
        default=7,
        ge=1,
        description="Days for which Dagster's runs and events are kept (failed ones at least 90); the newest "
        "of each table, month and check always are.",
    )
    webserver_port: int = Field(
        default=3000, ge=1, le=65_535, description="Port of the Dagster UI on 127.0.0.1."
    )

    min_quality: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Datasets of a lower total score are kept, but tell the catalogue nothing.",
    )

    trust: bool = Field(
        default=True,
        description="Filter by trust, seal trust scores and mine blocks; off: none of it. "
        "Scores are counted either way.",
    )
    trust_threshold: float = Field(
        default=0.5, ge=0, le=1, description="Content of a lower trust score is filtered out."
    )
    trust_min_voices: int = Field(
        default=3, ge=1, description="Content of which fewer listeners have spoken passes whatever its score."
    )
    mining_difficulty: int = Field(
        default=4,
        ge=1,
        le=12,
        description="Zero hex digits a block's hash begins with: 16 to that many tries.",
    )
    mining_processes: int = Field(
        default=1, ge=1, le=64, description="Cores that mine; more than one helps from difficulty 5."
    )
    mining_records: int = Field(default=100, ge=1, description="Pending trust records that ask for a block.")
    mining_after_minutes: int = Field(
        default=10, ge=0, description="Minutes after which fewer pending records ask for a block too."
    )
    mining_block_records: int = Field(
        default=10_000, ge=1, le=10_000, description="Records in a block at most."
    )

    secret_key: SecretStr | None = Field(
        default=None,
        description="Seals the tokens of linked accounts: 32 bytes as base64 or 64 hex digits; unset, a key "
        "file that only you can read is made in the home folder. Several, separated by commas, while keys "
        "are changed: the first one seals, all of them open.",
    )
    spotify_client_id: str | None = Field(
        default=None,
        description="Client id of your app at developer.spotify.com; linking an account needs it. "
        "Its redirect URI must be the one of the next setting.",
    )
    spotify_redirect_port: int = Field(
        default=8974,
        ge=1,
        le=65_535,
        description="Linking listens on http://127.0.0.1:PORT/callback for Spotify's answer.",
    )
    spotify_calls_a_day: int = Field(
        default=1000, ge=1, description="Spotify API calls in any 24 hours, all accounts together."
    )
    spotify_calls_a_minute: int = Field(
        default=150, ge=1, description="Spotify API calls in any 60 seconds; half of it in any 30."
    )
    spotify_api_url: str = Field(
        default="https://api.spotify.com/v1/", description="Spotify's API; another for tests and the demo."
    )
    spotify_accounts_url: str = Field(
        default="https://accounts.spotify.com",
        description="Where people log in to Spotify and tokens come from.",
    )

    events_kept_months: int = Field(
        default=3,
        ge=1,
        description="Whole months for which the event log keeps what was copied to the lake.",
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        found = home.expanduser().resolve()
        if not str(found).isprintable() or set("?*") & set(str(found)):
            raise ValueError("a path with ?, * or unprintable signs cannot be a home: DuckDB misreads it")
        return found

    @field_validator("lake_url")
    @classmethod
    def _storable(cls, url: str | None) -> str | None:
        """Delta-rs would say so at the first table, and would not name the setting."""
        scheme, is_url, _ = (url or "").partition("://")
        if is_url and scheme.lower() not in STORES:
            raise ValueError(f"{scheme}:// is no store that tables can be kept in; use a folder or s3://")
        return url

    @field_validator("spotify_api_url", "spotify_accounts_url")
    @classmethod
    def _askable(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("it should begin with https://")
        return url

    @property
    def inbox(self) -> Path:
        """``inbox/<user_id>/``: files dropped here are imported."""
        return self.home / "inbox"

    @property
    def dataset_inbox(self) -> Path:
        """``inbox/datasets/``: datasets dropped here are added."""
        return self.inbox / DATASETS

    @property
    def originals(self) -> Path:
        """Copies of imported files, with ``keep_originals`` only."""
        return self.home / "originals"

    @property
    def lake(self) -> str:
        """Root of the Delta tables: an absolute path or an object-store URL."""
        if self.lake_url is None:
            return str(self.home / "lake")
        if "://" in self.lake_url:
            return self.lake_url.rstrip("/")
        return str(Path(self.lake_url).expanduser().resolve())

    @property
    def marts(self) -> Path:
        """``marts/<build>/``: Parquet that dbt wrote."""
        return self.home / "marts"

    @property
    def snapshots(self) -> Path:
        """``snapshots/<id>.json`` and ``current``."""
        return self.home / "snapshots"

    @property
    def warehouse(self) -> Path:
        """DuckDB file of views over one snapshot."""
        return self.home / "warehouse.duckdb"

    @property
    def postgres(self) -> Path:
        """Data of the embedded PostgreSQL server."""
        return self.home / "postgres"

    @property
    def up_lock(self) -> Path:
        """Held by the ``longplay up`` of the home, and says who that is."""
        return self.home / "up.lock"

    @property
    def first_month(self) -> Path:
        """Says which month the home's tables begin with."""
        return self.home / "first_month"

    @property
    def secret_key_file(self) -> Path:
        """The key that seals tokens, where no setting gives one."""
        return self.home / "secret.key"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME."""
        return self.home / "dagster"
