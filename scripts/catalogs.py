"""Keeps the interface's texts complete in every language.

    python scripts/catalogs.py extract    the template of all texts, to standard output
    python scripts/catalogs.py update     bring web/locales/*/LC_MESSAGES/messages.po up to date with the sources
    python scripts/catalogs.py check      say what is missing; fails if anything is

Texts are written in English: ``_("…")`` and ``ngettext(…)`` in Python and templates, ``t("…")`` and ``tn("…", "…", n)``
in ES modules. A text's place names the module that uses it: a page carries only the texts of its own modules.
"""

import re
import sys
from collections.abc import Iterator
from copy import deepcopy
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from roadshow.texts import LANGUAGES

ROOT = Path(__file__).resolve().parents[1]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "t": None, "tn": (1, 2)}
HEADER = "# The texts of Roadshow's interface. Kept in order by scripts/catalogs.py."
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")
BEGINS_LINE = re.compile(r" [—·]")
"""A sign that may end a line and must not begin one, after a space at which lines are parted."""
UNREADABLE = re.compile(r'(?<![\w.$#])tn?\((?!\s*"|\s*\)|\s*$)[^\n]*')
"""A call whose text no tool can find: not a plain string in double quotes."""
READABLE = re.compile(r'(?<![\w.$#])tn?\(\s*"((?:[^"\\\n]|\\.)*)"')
"""A call as it should be. Of two in one place of a template literal the extractor may yet see one alone."""
HEADER_NOISE = re.compile(
    r'^"(?:POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By|Report-Msgid-Bugs-To|'
    r"Project-Id-Version): .*\n",
    re.MULTILINE,
)
"""Header lines that would change with every run."""


def path_of(root: Path, language: str) -> Path:
    return root / "web" / "locales" / language / "LC_MESSAGES" / "messages.po"


def extract(root: Path) -> Catalog:
    """All texts of the sources, each with the files it is in."""
    with (root / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file, "babel.cfg")  # type: ignore[no-untyped-call]

    def is_source(folder: str) -> bool:
        parts = Path(folder).relative_to(root).parts
        return parts[:1] in (("roadshow",), ("web",)) and "__pycache__" not in parts

    template = Catalog(header_comment=HEADER, charset="utf-8", fuzzy=False)
    for name, _line, text, _comments, _context in extract_from_dir(
        root, methods, options, KEYWORDS, directory_filter=is_source
    ):
        template.add(text, locations=[(name, 0)])
    return template


def written(catalog: Catalog) -> str:
    """The catalogue as a PO file: sorted, without line numbers and dates, so that its history shows words alone."""
    buffer = BytesIO()
    write_po(buffer, catalog, width=120, sort_output=True, ignore_obsolete=True, include_lineno=False)
    return HEADER_NOISE.sub("", buffer.getvalue().decode())


def read(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language, charset="utf-8", abort_invalid=True)


def update(root: Path) -> None:
    """Add new texts to every catalogue and drop those that are used no more. English is filled with the text itself."""
    template = extract(root)
    for language in LANGUAGES:
        path = path_of(root, language)
        catalog = read(path, language)
        # A copy: a catalogue takes over the template's own entries.
        catalog.update(deepcopy(template), no_fuzzy_matching=True)
        catalog.header_comment = HEADER
        for message in catalog:
            if language == "en" and message.id and not any(strings(message)):
                message.string = message.id if isinstance(message.id, str) else tuple(message.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(catalog), encoding="utf-8")


def problems(root: Path) -> Iterator[str]:
    """Everything that keeps the catalogues from being complete, a line each."""
    template = extract(root)
    wanted = {key(message): message for message in template if message.id}
    for language in LANGUAGES:
        path = path_of(root, language)
        catalog = read(path, language)
        where = path.relative_to(root)
        entries = {key(message): message for message in catalog if message.id}
        for text in sorted(wanted.keys() - entries.keys()):
            yield f"{where}: missing: {text!r} ({', '.join(files(wanted[text]))})"
        for text in sorted(entries.keys() - wanted.keys()):
            yield f"{where}: no source uses {text!r}"
        for message in catalog.obsolete.values():
            yield f"{where}: obsolete entry {key(message)!r}"
        for text in sorted(entries.keys() & wanted.keys()):
            yield from (f"{where}: {problem}" for problem in entry_problems(entries[text], wanted[text], catalog))
    for module in sorted((root / "web" / "static" / "js").glob("**/*.js")):
        for number, line in enumerate(module.read_text(encoding="utf-8").splitlines(), 1):
            if line.lstrip().startswith(("//", "*", "/*", "export function")):
                continue
            name = module.relative_to(root).as_posix()
            place = f"{name}:{number}"
            if call := UNREADABLE.search(line):
                yield f"{place}: write the text itself into the call: {call[0][:60]}"
            for text in READABLE.findall(line):
                if text not in wanted or name not in files(wanted[text]):
                    yield f"{place}: not found by the extractor, take it out of the template literal: {text!r}"


def entry_problems(entry: Message, source: Message, catalog: Catalog) -> Iterator[str]:
    text = key(source)
    forms = strings(entry)
    if entry.fuzzy:
        yield f"fuzzy: {text!r}"
    if (len(forms) != catalog.num_plurals) if source.pluralizable else (len(forms) != 1):
        yield f"wrong number of forms: {text!r}"
    if not all(forms):
        yield f"untranslated: {text!r}"
        return
    expected = {placeholder for form in ids(source) for placeholder in PLACEHOLDER.findall(form)}
    for form in forms:
        found = set(PLACEHOLDER.findall(form))
        # A form for exactly one thing may say so in a word.
        if found - expected or (expected - found) - ({"%(count)s", "{count}"} if source.pluralizable else set()):
            yield f"other placeholders than {text!r}: {form!r}"
        if BEGINS_LINE.search(form):
            yield f"a line may begin with a sign that has to end one; put a no-break space before it: {form!r}"
    if files(entry) != files(source):
        yield f"names other files than those that use it; run update: {text!r}"


def key(message: Message) -> str:
    return ids(message)[0]


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def files(message: Message) -> list[str]:
    return sorted({path for path, _line in message.locations})


def main(arguments: list[str]) -> int:
    match arguments:
        case ["extract"]:
            sys.stdout.write(written(extract(ROOT)))
        case ["update"]:
            update(ROOT)
        case ["check"]:
            found = list(problems(ROOT))
            for problem in found:
                print(problem)
            if found:
                print(f"\n{len(found)} problems with texts. python scripts/catalogs.py update adds what is missing.")
                return 1
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
