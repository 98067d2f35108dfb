"""The dashboard's screens, one file each; `live.py` is what they have in common."""
