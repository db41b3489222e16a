"""Keys on disk, and what their bearers may do: tenant, rights, services, limits."""
