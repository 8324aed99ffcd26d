"""How many places each network holds. Pure.

What holds none is forgotten, so there is never more to remember than there are places, for each of at most three
networks that an address is in.
"""

from roadshow.access.admission.origins import Origin


class Holdings:
    def __init__(self) -> None:
        self._narrow: dict[str, int] = {}
        self._wide: dict[str, int] = {}
        self._with: dict[int, int] = {}
        """How many wide networks hold so many: the largest is then known without looking at all of them, however many
        come in one second."""
        self._largest = 0

    def add(self, origin: Origin) -> None:
        for name in origin.narrow:
            self._narrow[name] = self._narrow.get(name, 0) + 1
        before = self._wide.get(origin.wide, 0)
        self._wide[origin.wide] = before + 1
        self._moved(before, before + 1)

    def remove(self, origin: Origin) -> None:
        for name in origin.narrow:
            self._narrow[name] -= 1
            if not self._narrow[name]:
                del self._narrow[name]
        before = self._wide[origin.wide]
        self._wide[origin.wide] = before - 1
        if before == 1:
            del self._wide[origin.wide]
        self._moved(before, before - 1)

    def narrowly(self, origin: Origin) -> int:
        """What the customer holds."""
        return max(self._narrow.get(name, 0) for name in origin.narrow)

    def widely(self, origin: Origin) -> int:
        return self._wide.get(origin.wide, 0)

    @property
    def largest(self) -> int:
        """What the wide network that holds most holds."""
        return self._largest

    def holds_most(self) -> tuple[str, int]:
        """Its name. Looks at all of them."""
        return max(self._wide.items(), key=lambda one: one[1], default=("", 0))

    def __len__(self) -> int:
        """Networks remembered."""
        return len(self._narrow) + len(self._wide)

    def _moved(self, before: int, after: int) -> None:
        for number, change in ((before, -1), (after, 1)):
            if number:
                self._with[number] = self._with.get(number, 0) + change
                if not self._with[number]:
                    del self._with[number]
        if after > self._largest or (before == self._largest and before not in self._with):
            # One place at a time: whoever held most and gave one back still holds as many as anybody.
            self._largest = after
