"""The notes protocol: how records are read, written, joined, fetched and published."""
