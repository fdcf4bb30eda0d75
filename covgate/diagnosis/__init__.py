"""What `covgate doctor` looks at, part by part; each look gives facts, and findings with their mend."""
