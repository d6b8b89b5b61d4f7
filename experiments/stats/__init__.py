"""Statistics that several parts share, one idea a file."""
