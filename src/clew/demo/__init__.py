"""A small shop of real services that makes real traffic."""
