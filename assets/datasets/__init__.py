"""The datasets domain: catalogues of tracks that people bring, read, scored, and told to the catalogue."""
