"""What `covgate init` installs and removes: hooks and configuration."""
