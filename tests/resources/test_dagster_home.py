import os
import stat

from sqlalchemy import text

from resources.dagster_home import URL_VARIABLE, environment, open_instance
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
    assert stat.S_ISREG(first.st_mode)
    assert environment(settings) == variables
    assert file.stat().st_mtime_ns == first.st_mtime_ns
    assert URL_VARIABLE not in os.environ


def test_everything_dagster_writes_is_in_the_home(settings: Settings) -> None:
    with open_instance(settings) as instance:
        assert instance.compute_log_manager._base_dir == str(settings.dagster / "logs")  # type: ignore[attr-defined]
        assert instance.storage_directory() == str(settings.dagster / "storage" / "storage")
