"""The page: two worlds side by side over the same seeds, in a browser on this machine."""
