import os
import stat
from pathlib import Path

import pytest
from dagster import DagsterInstance
from dagster._core.instance.ref import InstanceRef
from dagster._serdes import deserialize_value
from sqlalchemy import text

from resources.dagster_home import (
    URL_VARIABLE,
    InstanceNotInForceError,
    ensure_in_force,
    environment,
    instance_reference,
    open_instance,
)
from resources.settings import Settings


def test_the_instance_keeps_its_history_in_postgres_without_waiting_for_the_disk(settings: Settings) -> None:
    with open_instance(settings) as instance:
        assert type(instance.event_log_storage).__name__ == "PostgresEventLogStorage"
        assert type(instance.run_storage).__name__ == "PostgresRunStorage"
        with instance.event_log_storage.index_connection() as connection:  # type: ignore[attr-defined]
            assert connection.scalar(text("SHOW synchronous_commit")) == "off"


def test_pools_hold_one_op_and_are_freed_when_a_run_dies(settings: Settings) -> None:
    with open_instance(settings) as instance:
        pools = instance.get_concurrency_config().pool_config
        assert pools.pool_granularity is not None
        assert (pools.default_pool_limit, pools.pool_granularity.value) == (1, "op")
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_settings["free_slots_after_run_end_seconds"] == 60
        storage = instance.event_log_storage
        assert storage.supports_global_concurrency_limits
        storage.initialize_concurrency_limit_to_default("lake")
        assert storage.get_concurrency_info("lake").slot_count == 1


def test_nothing_is_reported_to_the_makers_of_dagster(settings: Settings) -> None:
    with open_instance(settings) as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled


def test_the_instance_file_holds_no_password_and_is_written_once(settings: Settings) -> None:
    variables = environment(settings)
    file = settings.dagster / "dagster.yaml"
    first = file.stat()
    assert "postgresql" not in file.read_text()
    assert variables[URL_VARIABLE].startswith("postgresql+psycopg2://")
    assert variables["DAGSTER_DISABLE_TELEMETRY"] == "yes"
    assert "postgresql" not in instance_reference(settings)
    assert stat.S_ISREG(first.st_mode)
    assert environment(settings) == variables
    assert file.stat().st_mtime_ns == first.st_mtime_ns
    assert URL_VARIABLE not in os.environ


def test_everything_dagster_writes_is_in_the_home(settings: Settings) -> None:
    with open_instance(settings) as instance:
        assert instance.compute_log_manager._base_dir == str(settings.dagster / "logs")  # type: ignore[attr-defined]
        assert instance.storage_directory() == str(settings.dagster / "storage" / "storage")


@pytest.mark.parametrize(
    "name",
    ["plays [2024]", "{a,b}", "it's", 'say "hi"', "#1", "50%", "a: b", "größer ~ $HOME", "日本"],
)
def test_whatever_a_home_is_called_the_instance_is_the_one_configured(settings: Settings, name: str) -> None:
    named = settings.model_copy(update={"home": settings.home / name})
    with open_instance(named) as opened:
        assert type(opened.run_storage).__name__ == "PostgresRunStorage"
    reference = deserialize_value(instance_reference(named), InstanceRef)
    with DagsterInstance.from_ref(reference) as served:
        ensure_in_force(served)
        assert served.storage_directory() == str(named.dagster / "storage" / "storage")


def test_an_instance_of_dagsters_own_defaults_is_refused(tmp_path: Path) -> None:
    with (
        DagsterInstance.from_ref(InstanceRef.from_dir(str(tmp_path))) as opened,
        pytest.raises(InstanceNotInForceError, match=r"runs in PostgreSQL, .*telemetry off"),
    ):
        ensure_in_force(opened)
