"""A remote: how it is shown, and where its branches stand."""

from __future__ import annotations

import re


def without_credentials(remote: str) -> str:
    """``remote`` as it may be shown: who pushes to a URL may have a token in it, and CI keeps the output."""
    return re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/]*@", r"\1", remote)
