"""The way out: queries, export, quota evaluation."""
