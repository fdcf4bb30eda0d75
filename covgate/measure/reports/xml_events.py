"""Feed the XML of a report to a reader, element by element, without entities and without access to the network."""

from __future__ import annotations

from collections.abc import Callable

from covgate.measure.reports.values import Malformed


def feed_xml(
    data: bytes,
    *,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None] | None = None,
) -> None:
    """Call ``start``, ``end`` and ``text`` for each element of ``data``. Raises Malformed if it is no plain XML."""
    from xml.parsers import expat

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = _refuse_entity
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Malformed(str(error)) from None


def _refuse_entity(*_: object) -> None:
    raise Malformed("it declares XML entities")
