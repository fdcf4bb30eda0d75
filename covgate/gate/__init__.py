"""The workflows: a push is judged, a merge raises the baseline, an override opens a new epoch."""
