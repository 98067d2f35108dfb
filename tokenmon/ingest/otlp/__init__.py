"""The way in from OpenTelemetry: one file per dialect, pure, and one that knows the wire."""
