"""What the commands do: talk to a Clew over HTTP and write to the terminal."""
