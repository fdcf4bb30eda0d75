"""The directory that covgate puts on PYTHONPATH while a test command runs: Python imports its ``sitecustomize``."""
