"""Where the files are that are no code: templates, styles, scripts, catalogues."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def web() -> Path:
    """The folder ``web``: within the package where a wheel was installed (setup.py puts it there), else beside it."""
    installed = _PACKAGE / "_web"
    return installed if installed.is_dir() else _PACKAGE.parent / "web"
