"""Alembic's migrations of the operational tables; ``resources/migrate.py`` runs them."""
