"""tokenmon: what AI API tokens are used and what they cost, in the terminal."""

# A literal: importlib.metadata would cost 36 ms at every start.
__version__ = "0.1.0"
