"""Tells setuptools which packages there are; everything else is in pyproject.toml.

The packages are found, so that one can be added or moved without an edit here. It takes this file because the
directory ``hooks`` is imported as ``covgate_hooks``, which ``packages.find`` can't express.
"""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["covgate", "covgate.*"]), "covgate_hooks"])
