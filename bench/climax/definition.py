"""The competition of the climax, as a definition in TOML: two large fields to be announced, and one on stage."""

from collections.abc import Iterator

ANNOUNCED, REVEALING, LIVE = "announced", "revealing", "final"
"""Fields: all places told before the crowd comes; the last place told while a hall looks on; on stage meanwhile, under
the name of the preset's one field."""
FIELDS = (ANNOUNCED, REVEALING, LIVE)
ORGANISER = "organiser"


def chair_of(field: str) -> str:
    return f"chair-{field}"


def jury_of(field: str, judges: int) -> list[str]:
    """So many who score, the chair among them."""
    return [chair_of(field), *(f"judge-{field}-{number}" for number in range(1, judges))]


def projects_of(field: str, projects: int) -> list[str]:
    return [f"project-{field}-{number}" for number in range(1, projects + 1)]


def definition(projects: int, judges: int, live_judges: int) -> str:
    """``projects`` and ``judges``: of either large field. ``live_judges``: of the one on stage, with two projects."""
    return "\n\n".join(_parts(projects, judges, live_judges)) + "\n"


def _parts(projects: int, judges: int, live_judges: int) -> Iterator[str]:
    yield 'extends = "generic-5-5"\nid = "climax"\ntime_zone = "Europe/Moscow"'
    yield f"organisers = [{_text('Anna Grigorieva')}, {_text('Boris Volkov')}]"
    yield "[rules]\nchair_votes = true"
    for number, field in enumerate(FIELDS):
        start = f"starts_at = 2027-05-2{number}T10:00:00+03:00"
        yield f'[[fields]]\nid = "{field}"\ntitle = {_text(field.title())}\nsummary = {_text("A field")}\n{start}'
        few = field == LIVE
        for name in projects_of(field, 2 if few else projects):
            yield _project(name, field)
        for name in jury_of(field, live_judges if few else judges):
            yield (
                f'[[judges]]\nid = "{name}"\nfield = "{field}"\nchair = {str(name == chair_of(field)).lower()}\n'
                f"name = {_text(name.title())}\naffiliation = {_text('A fund')}"
            )


def _project(name: str, field: str) -> str:
    said = "\n".join(
        f"{key} = {_text(text)}"
        for key, text in {
            "name": name.title(),
            "one_liner": "Roofs that shed their snow, and tell when they will.",
            "summary": "A coating that lets snow slide off as soon as the sun is out, and a sensor that says so.",
            "team": "Vera Lavrova, founder",
            "place": "Perm, Russia",
        }.items()
    )
    slide = f"[[projects.deck]]\ntitle = {_text('One winter')}\nlines = [{_text('Eighty per cent less work')}]"
    return f'[[projects]]\nid = "{name}"\nfield = "{field}"\nneeds = ["financing"]\n{said}\n\n{slide}'


def _text(english: str) -> str:
    return f'{{ en = "{english}", zh = "{english}", ru = "{english}" }}'
