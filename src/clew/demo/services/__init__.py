"""The processes of the shop, one module each."""
