"""The machine the figures were taken on, in words that name no host and no folder."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("polars", "deltalake", "duckdb", "ijson", "msgspec", "dagster")


def described() -> str:
    """Processor, cores, memory, system and versions."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{_processor()}, {len(os.sched_getaffinity(0))} cores, {memory_gib:.0f} GiB of memory, "
        f"{platform.system()} {platform.release().partition('-')[0]}, "
        f"Python {platform.python_version()}, {packages}"
    )


def _processor() -> str:
    """The model, where the system tells it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
