"""The way in from providers' own admin APIs: one file per API, pure, and one that speaks HTTP."""
