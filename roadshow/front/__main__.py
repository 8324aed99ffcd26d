"""``python -m roadshow.front LISTENING CHANNEL``: how the house starts its fronts; nobody else has the descriptors."""

import sys

from roadshow.front.process import main

if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
