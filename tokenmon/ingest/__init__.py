"""The way in: from records to the journal and the database."""
