"""The command line: a file a command, flags that several share in `flags`."""
