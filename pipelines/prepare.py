"""Makes a home ready for ``longplay up``, in a process that ends: who watches holds no Dagster."""

import json
import sys

from assets.listening import first_month
from pipelines.exit_codes import exit_of
from resources.dagster_home import environment, instance_reference, open_instance
from resources.postgres import DatabaseUnavailableError
from resources.settings import Settings
from resources.world import World


def prepare(world: World) -> dict[str, object]:
    """Migrates and makes folders, before two services would at once; what the services are to find.

    Returns:
        ``environment``, to be added to what they inherit, ``daemon``, what differs in the daemon's, which
        has one instance for life and asks it eleven times a second, hence keeps its connections too, and
        ``instance``, their reference of the instance.
    """
    settings = world.settings
    with world.operational.one_at_a_time("dagster"):
        open_instance(settings, is_service=True).dispose()
    first_month.reach(world, [])  # a home that an older version made has no such file
    settings.inbox.joinpath(settings.user).mkdir(parents=True, exist_ok=True)
    settings.dataset_inbox.mkdir(parents=True, exist_ok=True)
    return {
        "environment": environment(settings, is_service=True) | {"LONGPLAY_HOME": str(settings.home)},
        "daemon": environment(settings),
        "instance": instance_reference(settings),
    }


if __name__ == "__main__":
    try:
        sys.stdout.write(f"\n{json.dumps(prepare(World(Settings())))}\n")
    except DatabaseUnavailableError as error:  # its sentence says what to do
        sys.stderr.write(f"{error}\n")
        sys.exit(exit_of(error))
