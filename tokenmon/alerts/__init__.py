"""Alerts: deciding which are due, and delivering each once."""
