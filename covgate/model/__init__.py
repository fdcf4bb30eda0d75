"""Values and decisions, without I/O, git or a clock: the same arguments give the same result."""
