"""The listening domain."""
