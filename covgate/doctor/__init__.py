"""What `covgate doctor` checks, part by part."""
