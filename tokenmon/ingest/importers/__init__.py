"""What other tools logged: one file per format, each from bytes to calls; `tools.py` lists them once."""
