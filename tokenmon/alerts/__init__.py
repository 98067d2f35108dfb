"""Deciding which alerts are due, and delivering them."""
