"""The dashboard in a browser: each page is a terminal that shows a dashboard in a process of its own.

This file stays free of the server's libraries, since the process behind a page loads it too.
"""

import os

# What Textual reads the name of its driver from, and the driver of a dashboard that a page shows.
DRIVER_VARIABLE = "TEXTUAL_DRIVER"
DRIVER = "tokenmon.tui.web.driver:PageDriver"


def is_page() -> bool:
    """Whether this process is the dashboard of a page: it talks to the page's server in place of a terminal."""
    return os.environ.get(DRIVER_VARIABLE) == DRIVER
