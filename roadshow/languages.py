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


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


UNKNOWN = _("That did not work. Please try again.")
MESSAGES: Mapping[str, str] = {
    # Ballots
    "ballot.closed": _("Voting on this project is closed."),
    "ballot.command_reused": _("This ballot was already sent with other scores. Reload the page and send it again."),
    "ballot.malformed": _("This ballot cannot be read. Reload the page and send it again."),
    "ballot.missing_criterion": _("Every criterion needs a score."),
    "ballot.none": _("There is no ballot that counts."),
    "ballot.not_void": _("This ballot is not set aside."),
    "ballot.open": _("Voting on this project is open. Submit your ballot as usual."),
    "ballot.void": _("The chair has set this ballot aside."),
    "late.moved_on": _("This late ballot does not wait any more. Look again."),
    "penalty.out_of_range": _("At most %(maximum)s points can be taken off."),
    "late.repeated": _("You have handed in a late ballot for this project. There can be one."),
    "count.closed": _("The count is closed: nothing changes a score any more."),
    "count.moved_on": _("The count has moved on meanwhile. Look again."),
    "count.no_more": _("The count was opened again as often as it can be: there are %(limit)s counts at most."),
    "count.open": _("The count is still open. The chair closes it first."),
    "count.second_person": _("Somebody else must sign: neither who asked, nor the chair, nor a judge of this field."),
    "ruling.conflict": _("You have a conflict of interest here. Somebody else decides."),
    "ruling.repeated": _("This was decided once since the count was opened again."),
    "ballot.not_entitled": _("You are not on the jury for this project."),
    "ballot.out_of_range": _("A score must be a whole number from 0 to %(maximum)s."),
    "ballot.recused": _("You have stepped back from this project and do not score it."),
    "ballot.stale": _("You have changed this ballot elsewhere. Check the scores shown now and submit again."),
    "ballot.too_many": _("This ballot was changed too often. The last stored version counts."),
    "ballot.unknown_criterion": _("The criteria have changed. Reload the page."),
    # Commands and connections
    "command.malformed": _("This message cannot be read. Reload the page."),
    "command.reused": _("This was already sent, with other content. Reload the page."),
    "message.malformed": _("This message cannot be read. Reload the page."),
    "reason.length": _("The reason must have between %(minimum)s and %(maximum)s characters."),
    "rate.connections": _("Very many are coming in just now. You will be connected in a moment."),
    "rate.invitations": _("Too many attempts. Wait a minute, then open your link again."),
    "rate.lines": _("You have checked your line often just now. Wait ten minutes, or go by the last result."),
    "rate.media": _("Too many attempts. Wait a minute."),
    "rate.voters": _(
        "Very many vote from your network just now. Your vote goes by itself in a moment; keep this page open."
    ),
    "rate.network": _(
        "Very many from your network are here already, so others come first. You are let in as soon as there is room."
    ),
    "rate.messages": _("That was too fast. Wait a moment."),
    # Invitations and roles
    "invitation.not_waiting": _("This link was used meanwhile. Make one for one more device, or a new one."),
    "invitation.expired": _("This link has expired. Ask the organiser for a new one."),
    "invitation.revoked": _("This link has been replaced. Ask the organiser for your newest one."),
    "invitation.taken_back": _("Your access was taken away by the organiser."),
    "invitation.too_many_people": _("This browser already holds %(most)s invitations. Use another browser."),
    "invitation.unknown": _("This link is not valid. Check that it is complete, or ask the organiser for a new one."),
    "invitation.used": _("This link was already used. Ask the organiser for a new one."),
    "appointment.both_sides": _("Nobody judges the field in which they pitch."),
    "appointment.twice": _("This person has that role there already."),
    "appointment.unfit": _("This role does not go with that field or project."),
    "appointment.unknown": _("This person does not have that role there."),
    "cast.full": _("There is no room for more than %(most)s."),
    "cast.malformed": _("This cannot be read. Check each text and its length."),
    "cast.no_organiser": _("Somebody must stay who runs the competition."),
    "cast.stale": _("Somebody changed this since you opened it. Look again."),
    "jury.short": _("The field %(field)s needs one chair, and for each project as many judges as the quorum."),
    "person.unknown": _("There is no such person in this competition."),
    "people.yourself": _("You cannot take your own access away."),
    "people.own_link": _(
        "A new link would sign you out here. Make one for one more device, and end other sign-ins in their list."
    ),
    "sign_in.unknown": _("This sign-in is not there any more."),
    "form.too_long": _("This text is too long. Paste the message alone."),
    "role.not_allowed": _("Your role cannot do this."),
    "room.not_yours": _("This belongs to another room."),
    "sign_in.needed": _("Open your invitation link in this browser first."),
    # Results
    "ledger.rewritten": _("The record of votes does not match its hashes. Stop and call the technician."),
    "poll.changed": _("The jury or the criteria were changed after voting began."),
    "poll.moved": _("A vote came in meanwhile. Look again, then confirm."),
    "poll.open": _("A vote is still open. Close it first."),
    "poll.unknown": _("There is no such vote."),
    "result.announced": _("A place was announced. The result cannot be taken back any more."),
    "result.late": _("A late ballot waits for the chair. Accept or reject it first."),
    "result.moved_on": _("The result has changed meanwhile. Look again."),
    "result.same_person": _("Somebody else than the chair must sign."),
    "result.unsigned": _("A second person must sign the result first."),
    "result.confirmed": _("The result is confirmed. It cannot be changed any more."),
    "overall.none": _("The rules ask for no podium of all fields together."),
    "result.empty": _("No project has enough ballots for a place."),
    "result.incomplete": _("Some projects have too few ballots. Confirm once more if they are to go without a place."),
    "result.no_tie": _("There is no such tie to settle."),
    "result.not_chair": _("Only the chair of the jury can do this."),
    "result.not_over": _("Some projects have not had their turn yet."),
    "result.sealed": _("The result is not announced yet."),
    "result.tie": _("A tie waits for the chair's vote."),
    "reveal.moved_on": _("This place was already announced."),
    # The audience award
    "audience.booth": _("The connection is a new one. Vote again."),
    "audience.busy": _("Very many are voting just now. Vote again in a moment."),
    "audience.closed": _("The audience vote is closed."),
    "audience.counted": _("The audience award is announced. It cannot be changed any more."),
    "audience.full": _("No more votes can be taken here."),
    "audience.no_token": _("Your vote could not be taken. Reload this page, then vote again."),
    "audience.none": _("No project that pitches has a vote of the audience."),
    "audience.open": _("The audience vote is still open. Close it first."),
    "audience.overtaken": _("Your vote came too late to count. Vote again."),
    "audience.skipped": _("This project does not pitch: choose another one."),
    "audience.token_old": _("This page has been open since before the vote. Reload it, then vote again."),
    # The house
    "house.busy": _("The server is busy. Try again in a moment."),
    # Rooms
    "project.unknown": _("There is no such project."),
    "room.bad_source": _("This picture or sound cannot be put on stage."),
    "room.busy": _("The server is busy. Try again in a moment."),
    "room.failed": _("Something went wrong in this room. Try again in a moment."),
    "room.moved_on": _("The show has moved on meanwhile. Look again."),
    "room.no_such_slot": _("This project is not in the rundown."),
    "room.not_possible": _("This is not possible in the present phase."),
    "room.not_saved": _("Not saved yet. Try again in a moment."),
    "room.over": _("All projects in this room are through."),
    "room.slot_finished": _("This project has already had its turn."),
    "clock.store_off": _("The store's clock is %(seconds)s seconds off. Votes go by the server's. Tell a technician."),
    "clock.wall_off": _(
        "The server's clock was set by %(seconds)s seconds. The show keeps its own until this item is over."
    ),
    "lease.lost": _("Another server runs this now. Your browser goes there by itself."),
    "lease.waiting": _("Another server is about to hand over to this one. Try again in a moment."),
    "room.stale": _("Another server is running this room."),
    "room.stopping": _("The server is restarting. Try again in a moment."),
    "room.time_out_of_range": _("At most %(minutes)s minutes can be added or taken."),
    "room.too_many_sources": _("Too many cameras are connected to this room."),
    "room.unknown": _("There is no such room."),
    "store.away": _("The server cannot reach its records. What you sent is not confirmed: try again in a moment."),
    "store.not_durable": _("Too few copies have it yet. What you sent is not confirmed: try again in a moment."),
    "internal": _("Something went wrong on our side. Please try again in a moment."),
    # Media
    "relay.card": _("Say whether the card is shown."),
    "relay.encoding": _("The description of the media must be plain text."),
    "relay.busy": _("The server is busy just now and takes no more viewers. Try again in a moment."),
    "relay.full": _("The server takes no more media connections just now. Try again in a moment."),
    "relay.if-match": _("The request must name the session's state it is about."),
    "relay.media-type": _("This address takes media descriptions of type application/sdp."),
    "relay.quality": _("Choose automatic, high, medium or low quality, or sound only."),
    "relay.sdp": _("This description of the media is not understood."),
    "relay.sdp-size": _("The description of the media is too long."),
    "relay.session": _("This media connection is not there any more. Connect again."),
    "relay.side-rooms": _("All rooms for trying things out are taken. Try again in a minute."),
    "relay.stale": _("This media connection has changed meanwhile. Connect again."),
    "line.live": _("The show is on, and the server keeps its strength for it. Check your line before or after it."),
    "line.anew": _("The check was begun anew in another tab or on another device."),
    "line.over": _("This check took too long. Check again."),
    "metrics.token": _("The server's figures are for its operator: a token is needed here."),
    "feed.disputed": _(
        "Two machines send with the token of %(encoder)s. One is turned away: stop it, or use another encoder's token."
    ),
    "feed.name": _("An encoder's name has small letters, digits and hyphens, and does not begin with a hyphen."),
    "feed.taken": _("Another machine sends with this token, and is heard. Stop it, or use another encoder's token."),
    "feed.too_many": _("A room has at most %(most)s encoders."),
    "feed.unknown": _("There is no such encoder in this room."),
    "feed.withdrawn": _("This encoder's token was withdrawn. Ask whoever runs the show for the new one."),
    "whip.room": _("This token belongs to another room."),
    "whip.token": _("A valid token is needed here."),
    "message.too_big": _("This message is too long."),
    "origin.foreign": _("This request comes from another site."),
    # Pages
    "page.unknown": _("There is no page at this address."),
    "page.method": _("This address does not take such a request."),
    "page.failed": _("Something went wrong on our side. Please try again in a moment."),
}

REASONS: Mapping[tuple[str, str], str] = {
    ("relay.sdp", "bundle"): _("All tracks must share one transport: set the bundle policy to max-bundle."),
    ("relay.sdp", "codec"): _(
        "No offered codec can be played by everybody (offered: %(offered)s). Send the picture as VP8 or as H264 in "
        "packetization mode 1, and the sound as Opus."
    ),
    ("relay.sdp", "tracks"): _("These are too many tracks: one picture, the slides and one sound are taken."),
}
"""What a code says for one of its reasons, where that tells more."""


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
