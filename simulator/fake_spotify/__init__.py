"""A fake Spotify on loopback: accounts, tokens, recently played, top lists, and scripted faults."""
