"""The command line: each command a few lines that call one function."""
