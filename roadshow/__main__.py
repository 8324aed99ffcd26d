"""``python -m roadshow`` is ``roadshow``."""

from roadshow.cli import main

if __name__ == "__main__":
    main()
