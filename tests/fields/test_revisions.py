"""What the house counts is read by another process at once."""

import os
import subprocess
import sys

from roadshow.app import MOST_COMPETITIONS
from roadshow.fields.revisions import PLACES, Revisions, shared_file

READER = """
import sys
from roadshow.fields.revisions import Revisions
revisions = Revisions.of_file(int(sys.argv[1]))
for _ in sys.stdin:
    print(revisions.of(0), revisions.of(3), flush=True)
"""


def test_another_process_reads_what_was_counted_just_before() -> None:
    """A page must not be older than what a socket tells right after."""
    file = shared_file()
    ours = Revisions.of_file(file)
    child = subprocess.Popen(
        [sys.executable, "-c", READER, str(file)],
        pass_fds=(file,),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    os.close(file)
    with child:
        assert child.stdin is not None
        assert child.stdout is not None
        for number in range(1, 4):
            ours.advance(3)
            child.stdin.write("?\n")
            child.stdin.flush()
            assert child.stdout.readline() == f"0 {number}\n"
        child.stdin.close()


def test_every_competition_of_a_house_has_its_place() -> None:
    """One that has none would end the house at its first cue."""
    assert PLACES >= MOST_COMPETITIONS
    Revisions.private().advance(MOST_COMPETITIONS - 1)
