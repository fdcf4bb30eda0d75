"""The scenarios of the golden run, a module per topic; `tests/golden.py` runs them."""
