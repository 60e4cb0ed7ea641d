"""Longplay measured side by side with its peers, in one run on one machine.

What belongs here: how a figure is measured. Each contender runs in a process of its own
(``benchmarks.work``), so that its peak memory is its own; contenders take turns, and medians are told.
"""
