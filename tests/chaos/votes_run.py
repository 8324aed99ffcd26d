"""Kills servers and stores in the middle of votes, and looks whether a promise was broken.

    python -m tests.chaos.votes_run --seeds 1000

Each seed is one poll with a few lives: in every life the server, its store or both are killed with SIGKILL, after a
random number of events or at a failpoint; in the last one everything is sent again and the ledger is held against what
judges were told. A few seeds are played through the whole server and its sockets. A seed that failed is played again
with ``--first``; which process runs when is up to the system, so it may take several tries.
"""

if __name__ == "__main__":
    # Not before: every process of a run imports this file again.
    import sys

    from tests.chaos.votes_play import main

    sys.exit(main((__doc__ or "").splitlines()[0]))
