"""What pyproject.toml cannot say: web/ goes into the package, and the relay's native fan-out is compiled.

A checkout (``pip install --editable``) gets neither: it finds web/ where it stands, and compiles beside its source.
"""

import importlib.util
import os
import shutil
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.errors import CompileError

ROOT = Path(__file__).resolve().parent
NATIVE = "roadshow.rooms.relay.egress.native"
SOURCES = ROOT / NATIVE.replace(".", "/")
FOLDERS = (SOURCES, SOURCES.parents[1] / "transport" / "native")
REQUIRED = os.environ.get("RELAY_NATIVE_BUILD") == "required"
"""Fail where it cannot be compiled. Otherwise that is said, and the relay does the same in Python."""


class WithWeb(build_py):
    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "roadshow", "_web")
        shutil.rmtree(target, ignore_errors=True)  # an earlier build's
        shutil.copytree(ROOT / "web", target)


class WithFan(build_ext):
    """The one way in which it is compiled is native/build.py's."""

    def build_extension(self, ext: Extension) -> None:
        if self.editable_mode:
            return
        spec = importlib.util.spec_from_file_location("build_native", SOURCES / "build.py")
        native = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(native)
        target = Path(self.get_ext_fullpath(ext.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            native.build(ext.name, target=target)
        except native.CannotBuild as problem:
            raise CompileError(f"no native fan-out: {problem}") from None


setup(
    cmdclass={"build_py": WithWeb, "build_ext": WithFan},
    # The stable ABI, which cffi keeps to: one file for this Python and all later ones.
    ext_modules=[
        Extension(
            f"{NATIVE}._fan",
            [str(path.relative_to(ROOT)) for folder in FOLDERS for path in sorted(folder.glob("*.c"))],
            depends=[
                str(path.relative_to(ROOT))
                for path in (*(path for folder in FOLDERS for path in sorted(folder.glob("*.h"))), SOURCES / "build.py")
            ],
            py_limited_api=True,
            optional=not REQUIRED,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
