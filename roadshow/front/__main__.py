"""``python -m roadshow.front LISTENING CHANNEL REVISIONS``: how the house starts its fronts. Nobody else has these."""

import sys

from roadshow.front.process import main

if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
