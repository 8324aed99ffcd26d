"""A hall of 500 behind one address enters, watches and votes while another address attacks with all it has.

    python -m tests.hall.run [--people 500] [--viewers 1500]

Ends with 1 if somebody of the hall did not within a minute, or if the organiser's desk got no picture.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.hall.play import play

ATTACKED_FOR_S = 150.0
"""Before the doors open: 1,200 sockets at once, as many a minute later."""
WITHIN_S = 60.0
FLOODS = 32
"""Connections of each kind: enough that the server always has one of them to answer."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--viewers", type=int, default=1500)
    parser.add_argument("--attacked-for", type=float, default=ATTACKED_FOR_S, metavar="SECONDS")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        played = asyncio.run(
            play(
                Path(folder),
                people=given.people,
                viewers=given.viewers,
                attacked_for=given.attacked_for,
                within=WITHIN_S,
                floods=FLOODS,
            )
        )
    sys.stdout.write(
        f"refused meanwhile: {dict(played.refused) or 'nobody'}\nattacker was told: {played.told}\n"
        f"hall: people {played.people} entered {played.entered} watching {played.watching} voted {played.voted}"
        f" seconds {played.seconds:.1f} organiser {'watches' if played.organiser_watches else 'IS REFUSED'}"
        f" attacker_sockets {played.sockets} attacker_pictures {played.pictures}\n"
    )
    return 0 if played.held else 1


if __name__ == "__main__":
    sys.exit(main())
