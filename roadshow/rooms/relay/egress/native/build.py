"""Compiles the native fan-out: ``python -m roadshow.rooms.relay.egress.native.build``. Without it the relay runs.

cffi writes the binding (API mode, so that C checks every type); the compiler is called here rather than through
setuptools, which later Pythons do not bring along and which knows no sanitizers. ``--checked`` builds beside the
ordinary module one that runs under AddressSanitizer and UBSan, for ``make sanitize``.
"""

import argparse
import contextlib
import io
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import cffi  # type: ignore[import-untyped]

HERE = Path(__file__).parent
FOLDERS = (HERE, HERE.parents[1] / "transport" / "native")
"""What goes out, and what comes in: one module, for both are called from one thread and share OpenSSL."""
HEADERS = (FOLDERS[0] / "fan.h", FOLDERS[1] / "read.h")
"""What Python sees."""
MODULE = "roadshow.rooms.relay.egress.native._fan"
CHECKED = f"{MODULE}_checked"
COMPILE = ("-shared", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-missing-field-initializers")
SANITIZERS = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")
LIBRARIES = ("-lcrypto", "-l:libcrypto.so.3", "-l:libcrypto.so.1.1")
"""Tried in this order: the first needs OpenSSL's development package, the others only the library itself."""
COMPILE_S = 120


class CannotBuild(Exception):
    """Why there is no native fan-out on this machine."""


def library(module: str) -> Path:
    """Where the compiled module belongs; the suffix names this very interpreter."""
    return HERE / (module.rpartition(".")[2] + str(sysconfig.get_config_var("EXT_SUFFIX")))


def outdated(module: str = MODULE) -> bool:
    """Whether the compiled module is missing or older than its source."""
    built = library(module)
    sources = [*(path for folder in FOLDERS for path in folder.glob("*.[ch]")), HERE / "build.py"]
    return not built.exists() or built.stat().st_mtime < max(source.stat().st_mtime for source in sources)


def build(module: str = MODULE, flags: tuple[str, ...] = ("-O2",), target: Path | None = None) -> Path:
    """Compile, to where it belongs or to ``target``. Raises CannotBuild with one line that says what is missing."""
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not sys.platform.startswith("linux"):
        raise CannotBuild("it is for Linux only")
    if compiler is None:
        raise CannotBuild("there is no C compiler")
    include = sysconfig.get_path("include")
    if not (Path(include) / "Python.h").exists():
        raise CannotBuild("Python.h is missing (Debian: python3-dev)")
    ffi = cffi.FFI()
    ffi.cdef("\n".join(header.read_text(encoding="utf-8") for header in HEADERS))
    included = ("<stdint.h>", "<stddef.h>", *(f'"{header.name}"' for header in HEADERS))
    ffi.set_source(module, "\n".join(f"#include {name}" for name in included))
    target = target or library(module)
    said = ""
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / "fan_module.c", Path(folder) / target.name
        with contextlib.redirect_stdout(io.StringIO()):
            ffi.emit_c_code(str(source))
        sources = [str(source), *(str(path) for folder in FOLDERS for path in sorted(folder.glob("*.c")))]
        folders = [f"-I{path}" for path in (*FOLDERS, include)]
        common = [*compiler.split(), *COMPILE, *flags, *folders, *sources, "-o", str(result), "-ldl"]
        for crypto in LIBRARIES:
            command = [*common, crypto]
            done = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_S, check=False)  # noqa: S603
            if done.returncode == 0:
                # In one step, so that no process ever loads half a file.
                with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as fresh:
                    fresh.write(result.read_bytes())
                Path(fresh.name).chmod(0o755)
                Path(fresh.name).replace(target)
                return target
            said = said or done.stderr
    lines = [line for line in said.splitlines() if "error" in line] or said.splitlines() or ["?"]
    raise CannotBuild(f"{compiler} failed: {lines[0].strip()}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Compile the relay's native fan-out.")
    parser.add_argument(
        "--checked", action="store_true", help="with AddressSanitizer and UBSan, beside the ordinary one"
    )
    parser.add_argument("--required", action="store_true", help="fail if it cannot be built")
    parser.add_argument("--if-outdated", action="store_true", help="only if its source is newer")
    options = parser.parse_args()
    module = CHECKED if options.checked else MODULE
    if options.if_outdated and not outdated(module):
        return 0
    try:
        build(module, SANITIZERS if options.checked else ("-O2",))
    except (CannotBuild, OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"No native fan-out: {error}. The relay runs without it, and holds fewer viewers.\n")
        return 1 if options.required else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
