"""Puts a definition together from what it extends, includes and varies, and notes what stands in the way. (pure but for
the ``Finder`` it is given)"""

from collections.abc import Callable, Iterable

from roadshow.competitions.reading.document import Mistake, Node, Place, joined, merged, parse, spelled
from roadshow.errors import SetupError
from roadshow.ids import is_slug

DEEPEST_CHAIN = 4
"""Definitions that extend one another."""
MOST_PARTS = 20
"""Included by one definition."""
_OWN_KEYS = ("extends", "include", "variants")

Finder = Callable[[str], tuple[str, str] | None]
"""A name, such as ``final-2020`` or ``demo/ai``, to the text and the source of that definition or part."""


class Composing:
    """One definition. ``mistakes``: what could not be read or put together, and was left out."""

    def __init__(self, find: Finder) -> None:
        self._find = find
        self.mistakes: list[Mistake] = []
        self.sources: list[str] = []
        """In the order they were read."""
        self.extends = False
        """Whether the definition, or what it extends, says so of another."""

    def whole(self, text: str, source: str, variant: str) -> Node:
        """Raises SetupError for what is too large, and for a variant there is not."""
        return self._chosen(self._composed(self._parsed(text, source), depth=0), variant, source)

    def _composed(self, document: Node, depth: int) -> Node:
        """The document laid upon what it extends, followed by what it includes; ``variants`` are still in it."""
        own = self._table(document)
        body = Node({key: item for key, item in own.items() if key not in ("extends", "include")}, document.place)
        if (base := own.get("extends")) is not None:
            self.extends = True
            if depth == DEEPEST_CHAIN:
                self._wrong(base.place, f"more than {DEEPEST_CHAIN} definitions extend one another")
            elif (fetched := self._fetched(base)) is not None:
                body = merged(self._composed(fetched, depth + 1), body)
        if (parts := own.get("include")) is not None:
            if not isinstance(parts.value, list) or len(parts.value) > MOST_PARTS:
                self._wrong(parts.place, f"expected a list of at most {MOST_PARTS} names")
                return body
            for part in parts.value:
                if (fetched := self._fetched(part)) is not None:
                    body = self._with_part(body, fetched)
        return body

    def _with_part(self, body: Node, part: Node) -> Node:
        """An included part holds lists (of projects, of judges), which are added to those that are there."""
        whole = dict(self._table(body))
        for key, item in self._table(part).items():
            if not isinstance(item.value, list) or key in _OWN_KEYS:
                text = "an included part may hold lists only, such as [[projects]] and [[judges]]"
                self._wrong(item.place, text)
            else:
                whole[key] = joined(whole[key], item) if key in whole else item
        return Node(whole, body.place)

    def _fetched(self, named: Node) -> Node | None:
        name = named.value
        if not isinstance(name, str) or not 1 <= len(steps := name.split("/")) <= 2 or not all(map(is_slug, steps)):
            self._wrong(named.place, "expected a name such as final-2020 or demo/ai")
            return None
        found = self._find(name)
        if found is None:
            self._wrong(named.place, f"there is no “{name}”")
            return None
        return self._parsed(*found)

    def _chosen(self, whole: Node, variant: str, source: str) -> Node:
        """The definition with that variant's changes; without variants in any case."""
        table = dict(self._table(whole))
        variants = table.pop("variants", None)
        whole = Node(table, whole.place)
        known = {} if variants is None else self._table(variants)
        if not variant:
            return whole
        if variant not in known:
            raise SetupError(f"{source}: there is no variant “{variant}”; there are: {_names(known) or 'none'}")
        return merged(whole, Node(self._table(known[variant]), whole.place))

    def _parsed(self, text: str, source: str) -> Node:
        node, mistakes = parse(text, source)
        self._note(*mistakes)
        if source not in self.sources:
            self.sources.append(source)
        return node

    def _table(self, node: Node) -> dict[str, Node]:
        if isinstance(node.value, dict):
            return node.value
        self._wrong(node.place, "expected a table")
        return {}

    def _wrong(self, place: Place, text: str) -> None:
        self._note(Mistake(place, text))

    def _note(self, *mistakes: Mistake) -> None:
        """Once: a definition that extends itself is read several times."""
        self.mistakes += [mistake for mistake in mistakes if mistake not in self.mistakes]


def with_rules_of_fields(whole: Node) -> Node:
    """Rules that a field has of its own stand, one by one, instead of the competition's; the others hold there, too."""
    table = whole.value
    if not isinstance(table, dict) or "rules" not in table or "fields" not in table:
        return whole
    rules, fields = table["rules"].value, table["fields"].value
    if not isinstance(rules, dict) or not isinstance(fields, list):
        return whole
    return Node(
        {**table, "fields": Node([_with_rules(one, rules) for one in fields], table["fields"].place)}, whole.place
    )


def _with_rules(field: Node, rules: dict[str, Node]) -> Node:
    own = field.value.get("rules") if isinstance(field.value, dict) else None
    if not isinstance(field.value, dict) or own is None or not isinstance(own.value, dict):
        return field
    return Node({**field.value, "rules": Node({**rules, **own.value}, own.place)}, field.place)


def _names(keys: Iterable[str]) -> str:
    return ", ".join(spelled((key,)) for key in keys)
