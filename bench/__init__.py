"""The figures that Clew publishes, and the commands that make them."""
