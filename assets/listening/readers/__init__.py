"""Readers: any listening export (file, folder or zip) into frames of raw plays and rejected rows.

What belongs here: formats and containers. Nothing here writes, and nothing here knows Dagster. The
personal fields of an export never enter a frame, a message or an error.
"""

from assets.listening.readers.fingerprints import Fingerprint, fingerprint, masked_name
from assets.listening.readers.limits import Limits, UnreadableExport
from assets.listening.readers.reading import Batch, Reading, open_export

__all__ = [
    "Batch",
    "Fingerprint",
    "Limits",
    "Reading",
    "UnreadableExport",
    "fingerprint",
    "masked_name",
    "open_export",
]
