"""When and how it runs."""
