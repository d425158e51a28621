"""The measured processes. Each serves commands from its standard input until it is closed, and takes its own time."""
