"""Whether content is what it says, by the voices of listeners, sealed in a chain of blocks."""
