"""What the screens read, as frozen values: no widget is known here."""
