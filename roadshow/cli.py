"""The command line: ``roadshow serve`` and ``demo``, ``feed`` for whoever sends from OBS, ``revoke`` against a stolen
sign-in, ``bench`` for what a machine holds, ``check`` for whoever writes a definition, and ``export`` and ``recount``
for whoever doubts a result."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from roadshow import __version__, logs
from roadshow.app import OpenHouse, ice_servers
from roadshow.bench import command as bench
from roadshow.bench.lines import command as lines
from roadshow.commands import feeding
from roadshow.commands.backing_up import back_up, passphrase_of, restore
from roadshow.commands.checking import check, load_all, load_today, lone_organiser
from roadshow.commands.exporting import export_record
from roadshow.commands.functions import load
from roadshow.commands.links import Links, make_links, printed, write_links
from roadshow.commands.reaching import reach
from roadshow.commands.recounting import recount_files
from roadshow.commands.revoking import revoke, told
from roadshow.competitions.definition import Competition
from roadshow.competitions.jury import warnings
from roadshow.competitions.loading import load_file, load_preset
from roadshow.competitions.people import Role
from roadshow.errors import SetupError, Unavailable
from roadshow.fields.records import with_records
from roadshow.ids import EncoderId, PersonId, RoomId
from roadshow.rooms.feeds.encoders import MAIN
from roadshow.serving import serve
from roadshow.settings import Settings
from roadshow.show import Show
from roadshow.store.trouble import trouble_of
from roadshow.terminal import keep_places, pass_on, say
from roadshow.voting.key_file import Once
from roadshow.voting.ledger.record import encode_record

EXIT_FAULT = 1
"""A record does not hold, or a definition has mistakes."""
EXIT_SETUP = 2
"""The operator must act first."""
EXIT_INTERRUPTED = 130

IN_BASE64URL = ("--key",)
"""Options that take such a value, which may begin with a ``-``: whatever comes after them is theirs."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command. Ends the program with 0, with 1 when what it looked through has faults, with 2 and a sentence
    when it cannot start, with 130 on Ctrl+C."""
    keep_places()
    options = _parser().parse_args(_joined(sys.argv[1:] if arguments is None else arguments))
    if options.run is _recount:  # takes no settings and touches nothing but its file
        sys.exit(options.run(options))
    try:
        if options.run is _check:  # touches nothing but its files, and reads settings only if asked to
            sys.exit(options.run(options))
        if options.run in (bench.run, lines.run):  # have a server, a store and ports of their own
            sys.exit(options.run(options))
        settings = Settings.from_environment(
            os.environ, host=options.host, port=options.port, udp_port=options.udp_port, data=options.data
        )
        logs.set_up(settings.log_level, settings.log_format)
        if options.run in (_serve, _demo):
            os.umask(0o077)  # all they write is secret, or beside it; export alone writes for others
        asyncio.run(options.run(settings, options))
    except SetupError as problem:
        say(f"roadshow: {problem}", error=True)
        sys.exit(EXIT_SETUP)
    except Unavailable as problem:
        say(f"roadshow: {trouble_of(problem).words} Then try again.", error=True)
        sys.exit(EXIT_SETUP)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


def _joined(arguments: Sequence[str]) -> list[str]:
    """``--key VALUE`` as ``--key=VALUE``: argparse would take one value in 64 for an option of its own."""
    rest, joined = iter(arguments), []
    for one in rest:
        value = next(rest, None) if one in IN_BASE64URL else None
        joined.append(one if value is None else f"{one}={value}")
    return joined


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="roadshow", description="Runs the final of a startup competition online.")
    parser.add_argument("--version", action="version", version=f"roadshow {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")

    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--host", help="address the web server listens on (default 127.0.0.1)")
    shared.add_argument("--port", help="TCP port (default 8000; 0: any free one)")
    shared.add_argument("--udp-port", help="UDP port of all media (default 8001; 0: any free one)")
    shared.add_argument("--data", help="folder of everything that must outlive the process (default var)")

    serving = commands.add_parser("serve", parents=[shared], help="serve a competition of your own, or several")
    serving.add_argument(
        "--competition",
        type=Path,
        required=True,
        action="append",
        metavar="FILE.toml",
        help="its definition: docs/definition.md; again for each further competition or past edition",
    )
    serving.add_argument("--invite", action="store_true", help="print a new link for each organiser")
    serving.add_argument(
        "--new-key",
        action="store_true",
        help="once, after the signing key was lost: sign with the one in the data folder from now on",
    )
    serving.add_argument(
        "--restored",
        action="store_true",
        help="once, after the store was put back from a backup: go on over votes that may be fewer than were signed",
    )
    serving.set_defaults(run=_serve)

    demo = commands.add_parser("demo", parents=[shared], help="serve a demo final, with a link for each role")
    demo.add_argument("--brisk", action="store_true", help="phases of seconds instead of minutes")
    demo.add_argument("--links", type=Path, metavar="FILE.json", help="also write the links here, for other programs")
    demo.set_defaults(run=_demo)

    feed = commands.add_parser(
        "feed",
        help="print where to send a room's feed, and the token for it",
        description="Prints a room's WHIP address and the bearer token of one of its encoders, as OBS asks for them. "
        "Give it the settings and the data folder of the server, which may run or not. More: docs/publishing.md",
    )
    feed.add_argument("room", metavar="ROOM", help="the field's id")
    _add_choice_of_competition(feed)
    feed.add_argument(
        "--encoder",
        default=MAIN,
        metavar="NAME",
        help="which of the room's machines: main (default), backup, which stands by, or another name of your own",
    )
    feed.add_argument(
        "--withdraw", action="store_true", help="end this encoder's token, and what is sent with it; print the next one"
    )
    feed.add_argument("--port", help="the server's TCP port, if ROADSHOW_PUBLIC_URL is not set (default 8000)")
    feed.add_argument("--data", help="the server's folder of everything that must outlive it (default var)")
    feed.set_defaults(run=_feed, host=None, udp_port=None)

    checking = commands.add_parser(
        "check",
        help="say all that is wrong with a definition, without serving it",
        description="Reads definitions as serve would, and says all that is wrong with them: file, line, column, key, "
        "and what was expected. Ends with 1 if there is anything. Format: docs/definition.md",
    )
    checking.add_argument(
        "--turn",
        action="store_true",
        help="also ask the STUN and TURN servers of the settings, as a browser would, whether they answer",
    )
    checking.add_argument("files", type=Path, nargs="+", metavar="FILE.toml")
    checking.set_defaults(run=_check)

    revoking = commands.add_parser(
        "revoke",
        help="sign somebody out everywhere, and print a new link for them",
        description="Ends all links and sign-ins of a person, also while the server runs: their desks close within "
        "five seconds. Prints a link with which they come in again. Give it the server's settings and its data folder.",
    )
    revoking.add_argument("person", metavar="PERSON", help="their id, as in the addresses of their desks: organiser")
    _add_choice_of_competition(revoking)
    revoking.add_argument("--port", help="the server's TCP port, if ROADSHOW_PUBLIC_URL is not set (default 8000)")
    revoking.add_argument("--data", help="the server's folder of everything that must outlive it (default var)")
    revoking.set_defaults(run=_revoke, host=None, udp_port=None)

    backing_up = commands.add_parser(
        "backup",
        help="write a backup of the data folder, encrypted if there is a passphrase",
        description="Writes everything in the data folder into one file, encrypted with ROADSHOW_BACKUP_PASSPHRASE or "
        "what is in the passphrase file. The server may run. More: docs/operating.md",
    )
    restoring = commands.add_parser(
        "restore",
        help="put a backup into an empty data folder",
        description="Reads a backup to its end, and only if it is whole and genuine puts it into a data folder that is "
        "empty or not there. More: docs/operating.md",
    )
    for backups in (backing_up, restoring):
        backups.add_argument("file", type=Path, metavar="FILE")
        backups.add_argument("--data", help="folder of everything that must outlive the process (default var)")
        backups.add_argument("--store", type=Path, metavar="FOLDER", help="of a store of your own, where its files are")
        backups.add_argument("--passphrase-file", type=Path, metavar="FILE", help="that holds the passphrase")
    backing_up.set_defaults(run=_back_up, host=None, port=None, udp_port=None)
    restoring.set_defaults(run=_restore, host=None, port=None, udp_port=None)

    loading = commands.add_parser(
        "functions",
        help="load into a store of your own what a server calls there",
        description="Loads this version's functions into the store at REDIS_URL, and says what would lose votes there. "
        "For a store whose user for the server may not load any: name the user that may in REDIS_URL. "
        "More: docs/operating.md",
    )
    loading.set_defaults(run=_functions, host=None, port=None, udp_port=None, data=None)

    exporting = commands.add_parser("export", help="write the record of a room whose places are all announced")
    exporting.add_argument("room", metavar="ROOM", help="the field's id")
    _add_choice_of_competition(exporting)
    exporting.add_argument("--data", help="folder of everything that must outlive the process (default var)")
    exporting.add_argument("--output", type=Path, metavar="FILE.json", help="where to (default: standard output)")
    exporting.set_defaults(run=_export, host=None, port=None, udp_port=None)

    recounting = commands.add_parser("recount", help="check records and count again, offline")
    recounting.add_argument(
        "files",
        type=Path,
        nargs="+",
        metavar="FILE.json",
        help="what export wrote, or /rooms/ROOM/record.json; of all fields, and /overall.json, to count them together",
    )
    recounting.add_argument("--key", metavar="KEY", help="the public key as you know it from elsewhere")
    recounting.add_argument("--receipt", type=Path, metavar="RECEIPT.json", help="also look for a judge's own receipt")
    recounting.add_argument(
        "--head", action="append", default=[], metavar="HASH", help="a hash that was shown at the time; again for more"
    )
    recounting.add_argument(
        "--authority", type=Path, metavar="CERTIFICATE.pem", help="of time-stamping authorities that you trust"
    )
    recounting.set_defaults(run=_recount)

    benches = commands.add_parser("bench", help="measure what this machine, or a bad line, holds").add_subparsers(
        required=True, metavar="what"
    )
    bench_relay = benches.add_parser(
        "relay",
        help="how many viewers the relay holds on one core, and what to set",
        description="Runs a server of its own with more and more viewers until some are not held, and says what to "
        "set. Takes some minutes and all cores, so not beside a show. What the columns mean: bench/README.md",
    )
    bench.add_options(bench_relay)
    bench_relay.set_defaults(run=bench.run)
    bench_lines = benches.add_parser(
        "lines",
        help="what pictures and voices become on bad lines, between real browsers",
        description="Runs a server, a pitcher and a viewer in networks of their own whose lines are made bad, and says "
        "what the viewer saw. Needs root, /dev/net/tun, a C compiler and Chromium; takes up to 20 minutes and all "
        "cores, so not beside a show. What is measured and how: bench/README.md",
    )
    lines.add_options(bench_lines)
    bench_lines.set_defaults(run=lines.run)
    return parser


def _add_choice_of_competition(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--competition", type=Path, metavar="FILE.toml", help="the definition the room is served with")
    which.add_argument("--demo", action="store_true", help="the room is the demo's")


async def _serve(settings: Settings, options: argparse.Namespace) -> None:
    competitions = load_all(options.competition)

    async def ready(house: OpenHouse) -> None:
        for show in house.shows:
            _tell_news(show)
            if warning := lone_organiser([one.name.en for one in show.people if one.holds(Role.ORGANISER)]):
                say(warning)
            for warning in warnings(show.casting.cast, show.competition):
                say(warning)
            say(f"Serving {show.competition.title.en} on {show.address}")
            for person in show.people:
                if person.holds(Role.ORGANISER) and (options.invite or not await show.was_invited(person)):
                    say(f"Organiser's link, works once: {await show.invite(person.id)}")

    await serve(settings, competitions, ready, once=Once(options.new_key, options.restored))


def _check(options: argparse.Namespace) -> int:
    """The exit code. Raises SetupError."""
    sound = check(options.files)
    if options.turn:
        sound = reach(ice_servers(Settings.from_environment(os.environ))) and sound
    return 0 if sound else EXIT_FAULT


async def _feed(settings: Settings, options: argparse.Namespace) -> None:
    competition, room, encoder = _chosen_competition(options), RoomId(options.room), EncoderId(options.encoder)
    if options.withdraw:
        links, is_served = await feeding.withdraw(settings, competition, room, encoder)
        say(feeding.told(room, encoder, is_served))
    else:
        links = await feeding.feed_links(settings, competition, room, encoder)
    # As OBS names its fields.
    say(f"Server        {links.whip}\nBearer Token  {links.publish_token}")


async def _revoke(settings: Settings, options: argparse.Namespace) -> None:
    person = PersonId(options.person)
    say(told(person, await revoke(settings, _chosen_competition(options), person)))


async def _back_up(settings: Settings, options: argparse.Namespace) -> None:
    passphrase = passphrase_of(settings, options.passphrase_file)
    back_up(settings, options.file, options.store, passphrase)
    if passphrase is None:
        say(
            "The backup is not encrypted: whoever has the file has every score and the keys. Keep it as you keep these."
        )
    say(f"Written: {options.file}")


async def _restore(settings: Settings, options: argparse.Namespace) -> None:
    restore(settings, options.file, options.store, passphrase_of(settings, options.passphrase_file))
    say(f"Restored into {settings.data}.")


async def _functions(settings: Settings, _options: argparse.Namespace) -> None:
    await load(settings)
    say("The store has all functions of this version.")


async def _export(settings: Settings, options: argparse.Namespace) -> None:
    data = encode_record(await export_record(settings, _chosen_competition(options), RoomId(options.room)))
    try:
        if options.output is None:
            pass_on(data)
        else:
            options.output.write_bytes(data)
    except OSError as problem:
        where = "Standard output" if options.output is None else options.output
        raise SetupError(f"{where} cannot be written: {problem.strerror}.") from problem


def _recount(options: argparse.Namespace) -> int:
    """The exit code."""
    try:
        return EXIT_FAULT * (
            not recount_files(options.files, options.key, options.receipt, options.head, options.authority)
        )
    except SetupError as problem:
        say(f"roadshow: {problem}", error=True)
        return EXIT_SETUP


async def _demo(settings: Settings, options: argparse.Namespace) -> None:
    variant = "brisk" if options.brisk else ""
    competition = load_today(lambda today: load_preset("demo", today=today, variant=variant))

    async def ready(house: OpenHouse) -> None:
        (show,) = house.shows
        _tell_news(show)
        links: Links = await make_links(show)
        if options.links is not None:
            write_links(links, options.links)
        say(printed(links, show))

    await serve(settings, [competition], ready)


def _tell_news(show: Show) -> None:
    """What the definition changed in the cast, or could not."""
    for line in show.casting.news:
        say(line)


def _chosen_competition(options: argparse.Namespace) -> Competition:
    if options.demo:
        return load_today(lambda today: load_preset("demo", today=today))
    competition = load_today(lambda today: load_file(options.competition, today=today))
    return with_records(competition, options.competition.parent)
