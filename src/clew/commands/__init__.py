"""Groups of commands, with their parameters: arguments only, like the command line itself."""
