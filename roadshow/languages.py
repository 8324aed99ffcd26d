"""The interface's languages: catalogues, the choice among them, and dates and numbers as each language writes them.

Texts are written in English in the sources and looked up as they stand. A catalogue is a gettext PO file, read once at
first use; ``scripts/catalogs.py`` keeps them complete.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_timezone_location
from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal

from roadshow.errors import Details, SetupError
from roadshow.installation import web
from roadshow.messages import MESSAGES, REASONS, UNKNOWN
from roadshow.moments import Duration, Instant
from roadshow.texts import LANGUAGES

DEFAULT = "en"
OWN_NAMES: Mapping[str, str] = {"en": "English", "zh": "中文", "ru": "Русский"}
SHORT_NAMES: Mapping[str, str] = {"en": "EN", "zh": "中文", "ru": "РУ"}
TAGS: Mapping[str, str] = {"en": "en", "zh": "zh-CN", "ru": "ru"}
"""For ``<html lang>``: browsers choose Chinese glyphs by the region."""

LOCALES = web() / "locales"
STATIC = "web/static/"
"""Where the catalogues say that an ES module is; a page names its modules from here on, as its addresses do."""

PLURALS: Mapping[str, tuple[str, ...]] = {"en": ("one", "other"), "zh": ("other",), "ru": ("one", "few", "many")}
"""CLDR's names for the forms of a plural, in gettext's order."""
_MAX_ACCEPT = 512
"""Characters of an Accept-Language header that are looked at; browsers send well under 100."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUALITY = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")
_INLINE = r"(?:span|strong|b|em|a|code)"
_AFTER_CHINESE = re.compile(rf"(?<=[。，、；：！？）])((?:</{_INLINE}>)*)[ \n]+((?:<{_INLINE}(?: [^>]*)?>)*)(?=[^\s<])")


class Catalogue:
    """One language's texts, and its way of writing dates and numbers."""

    def __init__(self, language: str, catalog: Catalog) -> None:
        self.language = language
        self.tag = TAGS[language]
        self._locale = Locale.parse({"zh": "zh_Hans_CN"}.get(language, language))
        self._texts: dict[str, str] = {}
        self._plurals: dict[str, tuple[str, ...]] = {}
        self._scripts: dict[str, frozenset[str]] = {}
        for message in catalog:
            if not message.id or message.fuzzy:
                continue
            if isinstance(message.id, str):
                key = message.id
                if isinstance(message.string, str) and message.string:
                    self._texts[key] = message.string
            else:
                key = message.id[0]
                forms = tuple(message.string or ())
                if all(forms) and len(forms) == len(PLURALS[language]):
                    self._plurals[key] = forms
            self._scripts[key] = frozenset(
                path.removeprefix(STATIC) for path, _line in message.locations if path.endswith(".js")
            )

    def gettext(self, text: str) -> str:
        """The text in this language, or as it is."""
        return self._texts.get(text, text)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The form for ``count``."""
        forms = self._plurals.get(one)
        if forms is None:
            return one if count == 1 else many
        category = self._locale.plural_form(count)
        return dict(zip(PLURALS[self.language], forms, strict=True))[category]

    def messages_for_scripts(self, names: Collection[str]) -> dict[str, str | dict[str, str]]:
        """The texts of ES modules (``js/lib/ask.js``), as i18n.js takes them: plurals by CLDR category."""
        wanted = frozenset(names)
        found: dict[str, str | dict[str, str]] = {}
        for key, scripts in self._scripts.items():
            if not scripts & wanted:
                continue
            if key in self._plurals:
                found[key] = dict(zip(PLURALS[self.language], self._plurals[key], strict=True))
            elif key in self._texts and self._texts[key] != key:
                found[key] = self._texts[key]
        return found

    def error(self, code: str, details: Details) -> str:
        """What an error of this code says to people."""
        text = self.gettext(REASONS.get((code, str(details.get("reason", ""))), MESSAGES.get(code, UNKNOWN)))
        # An unknown placeholder must not turn an answer into a crash.
        return re.sub(r"%\((\w+)\)s", lambda match: str(details.get(match[1], "–")), text)

    # Times and numbers

    def date(self, at: Instant, zone: str, style: Literal["medium", "long", "full"] = "long") -> str:
        return format_date(_local(at, zone), format=style, locale=self._locale)

    def day(self, at: Instant, zone: str) -> str:
        """Day and month, without the year."""
        return format_skeleton("MMMMd", _local(at, zone), locale=self._locale)

    def time(self, at: Instant, zone: str) -> str:
        """Hours and minutes, 24 h."""
        return format_time(_local(at, zone), "HH:mm", locale=self._locale)

    def zone(self, zone: str) -> str:
        """The city a zone is named for: "Shanghai"."""
        return get_timezone_location(ZoneInfo(zone), locale=self._locale, return_city=True)

    def offset(self, at: Instant, zone: str) -> str:
        """The zone's offset at that time: "UTC+8", "UTC+5:30"."""
        minutes = (_local(at, zone).utcoffset() or timedelta()) // timedelta(minutes=1)
        hours, rest = divmod(abs(minutes), 60)
        return f"UTC{'−' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")

    def number(self, value: int) -> str:
        return _with_minus(format_decimal(value, locale=self._locale))

    def score(self, exact: str) -> str:
        """A score that is an exact decimal with a point ("87.67"), with this language's decimal sign."""
        return _with_minus(exact.replace(".", self._locale.number_symbols["latn"]["decimal"]))

    @property
    def between(self) -> str:
        """What stands between names in a row."""
        return "、" if self.language == "zh" else ", "

    @property
    def apart(self) -> str:
        """What stands between parts of a sentence that may have commas in them."""
        return "；" if self.language == "zh" else "; "

    def aside(self, text: str) -> str:
        """In brackets, as they follow the words before."""
        return f"（{text}）" if self.language == "zh" else f" ({text})"

    def listed(self, names: Iterable[str]) -> str:
        return self.between.join(names)

    def scores(self, exact: Iterable[str]) -> str:
        """Several, so parted that no sign between two of them can be read as the decimal sign of one."""
        has_comma = self.score(".") == ","
        return ("; " if has_comma else self.between).join(self.score(one) for one in exact)

    def duration(self, span: Duration) -> str:
        """In words, at most two units: "8 minutes", "1 hour 42 minutes"."""
        seconds = abs(span.ms) // 1000
        hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
        # Not from CLDR: its Chinese units are missing from Babel.
        parts = (
            (hours, self.ngettext("%(count)s hour", "%(count)s hours", hours)),
            (minutes, self.ngettext("%(count)s minute", "%(count)s minutes", minutes)),
            (rest, self.ngettext("%(count)s second", "%(count)s seconds", rest)),
        )
        said = [text % {"count": amount} for amount, text in parts if amount][:2]
        return " ".join(said) or parts[-1][1] % {"count": 0}


def _with_minus(number: str) -> str:
    """What is less than nothing has a minus sign, not a hyphen: as wide as a plus, and never left at a line's end."""
    return number.replace("-", "−", 1)


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of ``en``, ``zh`` or ``ru``. Raises SetupError when its file is missing or damaged."""
    path = LOCALES / language / "LC_MESSAGES" / "messages.po"
    try:
        with path.open("rb") as file:
            return Catalogue(language, read_po(file, locale=language, abort_invalid=True))
    except OSError as problem:
        raise SetupError(
            f"The texts in {path} cannot be read: {problem.strerror}. Install Roadshow again."
        ) from problem
    except (PoFileError, ValueError) as problem:
        raise SetupError(f"The texts in {path} are damaged: {problem}") from problem


def message_for(code: str, details: Details, language: str) -> str:
    """What an error says to people, in their language."""
    return catalogue(language if language in LANGUAGES else DEFAULT).error(code, details)


def closed_up(page: str, language: str) -> str:
    """A page as its language sets it: templates have a space between two sentences, Chinese has none after its own
    punctuation."""
    return _AFTER_CHINESE.sub(r"\1\2", page) if language == "zh" else page


def negotiate(query: str | None, cookie: str | None, accept: str | None) -> str:
    """The language of an answer: asked for in the address, chosen before, or the browser's own; else English."""
    for asked in (query, cookie):
        if asked in LANGUAGES:
            return asked
    ranked: list[tuple[float, int, str]] = []
    for position, entry in enumerate((accept or "")[:_MAX_ACCEPT].split(",")):
        tag, _, parameters = entry.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        if language not in LANGUAGES:
            continue
        quality = _QUALITY.fullmatch(parameters.strip()) if parameters.strip() else None
        if parameters.strip() and quality is None:
            continue
        ranked.append((-float(quality[1]) if quality else -1.0, position, language))
    ranked.sort()
    return ranked[0][2] if ranked and ranked[0][0] < 0 else DEFAULT


def _local(at: Instant, zone: str) -> datetime:
    return (_EPOCH + timedelta(milliseconds=at.ms)).astimezone(ZoneInfo(zone))
