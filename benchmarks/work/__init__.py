"""What the contenders do, a module each, run by ``python -m benchmarks.work NAME ARGUMENT…``.

``prepare`` takes the arguments as text, does what is start-up, and returns the work that is timed.
What that returns is told with the seconds.
"""
