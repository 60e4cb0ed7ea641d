"""Runs one contender and prints what it measured as one line of JSON."""

import importlib
import json
import sys
import time


def main() -> None:
    """The module named first, with the other arguments."""
    name, *arguments = sys.argv[1:]
    job = importlib.import_module(f"benchmarks.work.{name}").prepare(*arguments)
    began = time.perf_counter()
    told = job()
    seconds = time.perf_counter() - began
    sys.stdout.write(json.dumps({"seconds": seconds, **(told or {})}) + "\n")


if __name__ == "__main__":
    main()
