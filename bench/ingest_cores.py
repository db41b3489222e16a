"""Generator and server have one core each."""

SERVER_CORE, GENERATOR_CORE = 0, 1
