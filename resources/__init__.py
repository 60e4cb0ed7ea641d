"""How the outside world is touched."""
