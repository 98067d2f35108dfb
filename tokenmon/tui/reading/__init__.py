"""What each screen reads: a frozen snapshot and the function that makes it, in a thread, knowing no widget."""
