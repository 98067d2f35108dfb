"""Drawings of the dashboard: values and a size in cells become lines of parts; none knows the screen."""
