"""``docs/examples/gstreamer.py`` under the system's Python: ``gstreamer_client.py publish|watch URL SECONDS``.
``CODEC`` in the environment: ``vp8`` or ``h264``.

A watcher prints what it has decoded so far four times a second, which the example does at its end."""

import importlib.util
import json
import os
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "gstreamer.py"

specification = importlib.util.spec_from_file_location("gstreamer_example", EXAMPLE)
assert specification is not None
assert specification.loader is not None
example = importlib.util.module_from_spec(specification)
specification.loader.exec_module(example)


def main(what: str, url: str, seconds: int) -> int:
    example.Gst.init(None)
    loop = example.GLib.MainLoop()
    counts: dict[str, int] = {}
    pipeline = example.publishing(os.environ["CODEC"]) if what == "publish" else example.watching(False, counts)
    session = example.Session(pipeline, url, os.environ.get("WHIP_TOKEN", ""), loop)

    def tell() -> bool:
        if what == "watch":
            sys.stdout.write(f"{json.dumps({'video': 0, 'audio': 0} | counts)}\n")
            sys.stdout.flush()
        return True

    example.GLib.timeout_add(250, tell)
    pipeline.set_state(example.Gst.State.PLAYING)
    example.GLib.timeout_add_seconds(seconds, session.end)
    loop.run()
    session.close()
    if session.failed:
        sys.stderr.write(f"{session.failed}\n")
    return 1 if session.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
