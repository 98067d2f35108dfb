"""Values and rules of tokenmon: standard library only, no I/O."""
