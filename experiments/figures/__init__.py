"""How figures look and are written, and the figures of one run."""
