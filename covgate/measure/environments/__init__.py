"""Which environment is the project's: where its tools keep it, what is in it, and which of several is used."""
