"""The command line, a file for the commands of each kind: thin doors that parse, call and print."""
