"""The mechanisms, a file each: parameters, equation, law, columns, events."""
