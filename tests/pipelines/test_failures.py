"""A run that fails says why, in a sentence, before its stack."""

from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.errors import DagsterExecutionInterruptedError
from sqlalchemy.exc import OperationalError

from pipelines.definitions import ops
from pipelines.exit_codes import Exit, exit_of
from pipelines.failures import telling_why
from pipelines.publish import TablesDisagreeError
from pipelines.run import RunFailedError, first_failure
from resources.locks import PipelineBusyError
from resources.postgres import DatabaseUnavailableError
from resources.settlement import UnknownImportError
from resources.spotify.errors import SpotifyDownError

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def failed(error: BaseException, *, is_generator: bool = False) -> dg.ExecuteInProcessResult:
    """A run of one table whose function raises."""

    def makes(_: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        raise error

    def yields(_: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        yield dg.MaterializeResult(asset_key="table")
        raise error

    function = telling_why(yields if is_generator else makes)
    table = dg.multi_asset(name="step", specs=[dg.AssetSpec("table")])(function)
    result = dg.materialize([table], run_config=QUIET, raise_on_error=False)
    assert not result.success
    return result


@pytest.mark.parametrize("is_generator", [False, True])
@pytest.mark.parametrize(
    ("error", "may_pass"),
    [
        (UnknownImportError("There is no import abc: `longplay status` shows the ids."), False),
        (PipelineBusyError("Another import is at work: try again when it has ended."), True),
        (DatabaseUnavailableError("PostgreSQL went away."), True),
        (TablesDisagreeError("plays were not yet made."), True),
        (OSError(5, "Input/output error"), True),
        (SpotifyDownError("Spotify is down."), True),
    ],
)
def test_an_error_that_a_person_can_act_on_is_told_first_and_its_stack_second(
    error: Exception, *, may_pass: bool, is_generator: bool
) -> None:
    result = failed(error, is_generator=is_generator)
    [event] = [event for event in result.all_events if event.is_step_failure]
    data = event.step_failure_data
    assert data.user_failure_data is not None
    assert data.user_failure_data.description == str(error)
    assert data.error is not None
    assert data.error.message.strip() == f"dagster._core.definitions.events.Failure: {error}"
    assert data.error.cause is not None
    assert any("raise error" in line for line in data.error.cause.stack)
    with pytest.raises(dg.Failure) as raised:
        telling_why(_raising)(error)
    assert raised.value.allow_retries is may_pass


def _raising(error: Exception) -> None:
    raise error


def test_the_command_line_still_knows_what_kind_of_mistake_it_was() -> None:
    told = first_failure(failed(UnknownImportError("There is no import abc.")))
    assert str(told) == "There is no import abc."
    assert isinstance(told, RunFailedError)
    assert told.cause == "UnknownImportError"


@pytest.mark.parametrize(
    "error",
    [OSError(28, "No space left on device"), RuntimeError("Generic error: write failed (os error 28)")],
)
def test_a_full_disk_is_no_fault_of_the_program_whichever_library_meets_it(error: Exception) -> None:
    told = first_failure(failed(error))
    assert str(told).startswith("The disk is full: make room")
    assert exit_of(told) is Exit.UNAVAILABLE


def test_ctrl_c_in_the_middle_of_a_step_stops_the_command() -> None:
    told = first_failure(failed(DagsterExecutionInterruptedError()))
    assert isinstance(told, KeyboardInterrupt)


def test_a_mistake_of_the_program_keeps_its_own_stack_and_is_told_as_one() -> None:
    result = failed(TypeError("'>' not supported"))
    [event] = [event for event in result.all_events if event.is_step_failure]
    told = str(first_failure(result))
    assert told.startswith("The step step failed through a fault of Longplay (TypeError: '>' not supported).")
    assert "the same command tries again" in told
    assert event.step_failure_data.user_failure_data is None


def test_every_step_there_is_tells_why(whole: dg.Definitions) -> None:
    steps = list(ops(whole))
    assert len(steps) > 40
    assert [step.name for step in steps if not hasattr(step.compute_fn.decorated_fn, "tells_why")] == []  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (UnknownImportError("There is no import abc."), RunFailedError),
        (OperationalError("SELECT 1", {}, Exception("gone")), DatabaseUnavailableError),
    ],
)
def test_a_run_that_fails_between_two_steps_says_why_too(error: Exception, told: type[Exception]) -> None:
    @dg.resource
    def world(_: dg.InitResourceContext) -> None:
        raise error

    @dg.op(required_resource_keys={"world"})
    def step() -> None: ...

    @dg.job(resource_defs={"world": world})
    def work() -> None:
        step()

    result = work.execute_in_process(run_config=QUIET, raise_on_error=False)
    assert not any(event.is_step_failure for event in result.all_events)
    failure = first_failure(result)
    assert type(failure) is told
    assert "no import abc" in str(failure) or "went away" in str(failure)
