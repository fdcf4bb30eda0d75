"""From a checked-out commit to a Measurement."""
