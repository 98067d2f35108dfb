"""Alembic revisions of the schema; one that has shipped is never edited."""
