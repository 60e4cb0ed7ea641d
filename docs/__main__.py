"""Writes the generated references: ``python -m docs``. A test holds that they are current."""

from pathlib import Path

from docs.reference import pages

if __name__ == "__main__":
    for name, text in pages().items():
        (Path(__file__).parent / name).write_text(text)
