"""The HTTP API beside the proxy."""
