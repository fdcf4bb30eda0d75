"""The hooks that pre-commit installs: environment and stdin in, the gate's exit code out."""
