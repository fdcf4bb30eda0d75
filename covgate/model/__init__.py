"""Values and decisions. No I/O, no git, no clock: the same arguments give the same answer."""
