"""The write door: check what clients send and put it into the journal before they hear OK."""
