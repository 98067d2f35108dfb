"""Files of calls made elsewhere: one module a format, each from rows to calls, and what reads the rows."""
