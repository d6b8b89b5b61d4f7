"""From configuration to result folder: everything that knows of files, plots and the command line."""
