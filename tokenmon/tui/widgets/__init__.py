"""The dashboard's widgets: each takes values and draws; none asks the database."""
