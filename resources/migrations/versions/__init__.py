"""One file a change of the operational tables, oldest first."""
