"""Places in a document: a wrong line is worse than none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.competitions.reading.document import Node, Place, locate, parse, plain, spelled
from tests.core.competitions.definitions import written

CORNERS = '''\
# a comment with [brackets] and = signs
"quoted key" = 1
dotted . key = "a # no comment"   # a comment
\'literal\'.deep = \'C:\\\\\'
long = """
[not.a.table]
she said ""yes"""""
raw = \'\'\'
[[nor.this]]\'\'\'
list = [ # comment
  [1, 2], # ]
  { a = "}", b.c = [ "]",
    "x" ] },
]
when = 1979-05-27 07:32:00Z
[ table . sub ]
x = 1
[[many]]
[many.inner]
y = 2
[[many.deep]]
z = 3
[[many.deep]]
z = 4
[[many]]
[[many.deep]]
z = 5
'''


def _parsed(text: str) -> Node:
    document, mistakes = parse(text, "x.toml")
    assert mistakes == []
    return document


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("quoted key",), 2, 1),
        (("dotted", "key"), 3, 1),
        (("literal", "deep"), 4, 1),
        (("long",), 5, 1),
        (("raw",), 8, 1),
        (("list",), 10, 1),
        (("list", 0, 1), 11, 7),
        (("list", 1, "a"), 12, 5),
        (("list", 1, "b", "c", 0), 12, 22),
        (("list", 1, "b", "c", 1), 13, 5),
        (("when",), 15, 1),
        (("table", "sub"), 16, 1),
        (("table", "sub", "x"), 17, 1),
        (("many", 0), 18, 1),
        (("many", 0, "inner", "y"), 20, 1),
        (("many", 0, "deep", 0, "z"), 22, 1),
        (("many", 0, "deep", 1, "z"), 24, 1),
        (("many", 1, "deep", 0, "z"), 27, 1),
    ],
)
def test_every_way_to_write_toml_has_its_place(path: tuple[str | int, ...], line: int, column: int) -> None:
    """Headers, dotted keys, inline tables and long strings are all in use in the presets."""
    assert locate(_parsed(CORNERS), path) == Place("x.toml", path, line, column)


def test_line_ends_of_another_system_count_the_same() -> None:
    """Half of the organisers write on Windows."""
    document = _parsed(CORNERS.replace("\n", "\r\n"))
    assert locate(document, ("many", 1, "deep", 0, "z")).line == 27


def test_a_place_is_spelled_as_people_write_it() -> None:
    """The message must name what the organiser typed."""
    path = ("projects", 3, "deck", 0, "title", "zh")
    assert spelled(path) == "projects[3].deck[0].title.zh"
    assert str(Place("x.toml", path, 41, 7)) == "x.toml:41:7: projects[3].deck[0].title.zh"


TABLES = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        st.integers(-5, 5) | st.text(max_size=8) | st.booleans(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@given(TABLES)
def test_every_value_has_a_line_and_keeps_its_value(data: dict[str, Any]) -> None:
    """Whatever keys and strings hold, the finder of lines must stay in step with the parser."""
    document = _parsed(written(data))
    assert plain(document) == data
    for line, key in enumerate(data, start=1):
        assert isinstance(document.value, dict)
        assert _lines(document.value[key]) == {line}


def _lines(node: Node) -> set[int | None]:
    lines = {node.place.line}
    inside = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    return lines.union(*(_lines(item) for item in inside))
