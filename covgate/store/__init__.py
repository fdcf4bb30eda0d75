"""What lasts: the repository's objects and the notes, read and moved through git alone."""
