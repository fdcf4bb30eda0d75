"""How a commit is to be judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from covgate.config import Config
from covgate.model.measurement import Measurement

if TYPE_CHECKING:
    from covgate.measure.side_by_side import Ran


class Order(NamedTuple):
    """How to judge a commit.

    ``ratchets``: a pass raises the baseline here. ``may_measure``: the tests may run. ``trusts_record``: the counts in
    the commit's own note replace a run; after a merge only, since a push would judge itself. ``known`` has the cached
    measurement of each component for which it was looked up already. ``measured`` gives a measurement made elsewhere,
    for a component. ``explains``: find the patch and the explanation of a pass, too. ``jobs``: how many components may
    be measured at a time; ``ran`` has those that were. ``records``: the verdict goes into the note of the commit.
    ``excused_by``: the commit whose excuse counts, if it is another one: that which is pushed, if its merge is judged.
    """

    ratchets: bool
    may_measure: bool = True
    trusts_record: bool = False
    known: Mapping[str, Measurement] = MappingProxyType({})
    measured: Callable[[Config], Measurement] | None = None
    explains: bool = False
    ran: Mapping[str, Ran] = MappingProxyType({})
    jobs: int = 1
    records: bool = True
    excused_by: str = ""
