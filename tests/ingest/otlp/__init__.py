"""Tests of the way in from OpenTelemetry."""
