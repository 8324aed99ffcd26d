"""The product's mark as pictures: icons of a device's home screen, and what messengers show of a shared link.

``python scripts/pictures.py write`` draws them into web/static/pictures/, ``check`` compares. Rectangles alone, in the
colours of web/static/icon.svg, and no text: one picture is for every language.
"""

import struct
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "web" / "static" / "pictures"
NIGHT, STAGE, BRASS, SILVER, BRONZE = (
    (0x0C, 0x0D, 0x11),
    (0x16, 0x18, 0x1E),
    (0xD8, 0xAE, 0x54),
    (0xB5, 0xBA, 0xC2),
    (0xC0, 0x8D, 0x66),
)
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Block:
    """In units of its picture, from the upper left corner."""

    colour: Colour
    x: float
    y: float
    width: float
    height: float


MARK = (Block(BRASS, 12.5, 6, 7, 20), Block(SILVER, 4.5, 14, 7, 12), Block(BRONZE, 20.5, 18, 7, 8))
"""The steps of a podium, on a field of 32 × 32."""


@dataclass(frozen=True)
class Picture:
    width: int
    height: int
    ground: Colour
    blocks: tuple[Block, ...]

    def rows(self) -> list[bytes]:
        """RGB. Most rows are like the one above."""
        made: dict[tuple[float, ...], bytes] = {}
        rows = []
        for y in range(self.height):
            shares = tuple(_share(y, block.y, block.height) for block in self.blocks)
            if shares not in made:
                made[shares] = b"".join(bytes(self._pixel(x, shares)) for x in range(self.width))
            rows.append(made[shares])
        return rows

    def _pixel(self, x: int, of_row: tuple[float, ...]) -> Colour:
        colour = self.ground
        for block, share in zip(self.blocks, of_row, strict=True):
            if share:
                colour = _mixed(colour, block.colour, share * _share(x, block.x, block.width))
        return colour


def _mixed(under: Colour, over: Colour, share: float) -> Colour:
    red, green, blue = (round(low + (high - low) * share) for low, high in zip(under, over, strict=True))
    return red, green, blue


def _share(at: int, begin: float, length: float) -> float:
    """How much of the pixel lies within."""
    return max(0.0, min(at + 1, begin + length) - max(at, begin))


def icon(size: int, *, room: float = 0.0) -> Picture:
    """``room``: the share of each edge that a device may cut off."""
    scale = size / 32 * (1 - 2 * room)
    blocks = tuple(
        Block(
            one.colour, size * room + one.x * scale, size * room + one.y * scale, one.width * scale, one.height * scale
        )
        for one in MARK
    )
    return Picture(size, size, STAGE, blocks)


def shared() -> Picture:
    """1200 × 630, the proportion in which messengers show it whole: the podium on its stage, in an empty hall."""
    width, height, floor, scale = 1200, 630, 500, 17
    left = width / 2 - 16 * scale
    steps = tuple(
        Block(one.colour, left + one.x * scale, floor - one.height * scale, one.width * scale, one.height * scale)
        for one in MARK
    )
    return Picture(
        width, height, NIGHT, (Block(STAGE, 0, floor, width, height - floor), Block(BRASS, 0, floor, width, 3), *steps)
    )


PICTURES = {
    "icon-180.png": icon(180),
    "icon-192.png": icon(192),
    "icon-512.png": icon(512),
    "icon-maskable-512.png": icon(512, room=0.1),
    "share.png": shared(),
}
FAVICON = "favicon.ico"
FAVICON_SIZE = 48


def png(picture: Picture) -> bytes:
    pixels = b"".join(b"\0" + row for row in picture.rows())
    size = struct.pack(">IIBBBBB", picture.width, picture.height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", size) + _chunk(b"IDAT", zlib.compress(pixels, 9)) + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def ico(picture: Picture) -> bytes:
    """For what asks for /favicon.ico: one picture in the container of that name."""
    body = png(picture)
    size = (picture.width, picture.height)
    return struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", *size, 0, 0, 1, 24, len(body), 22) + body


def pixels_of(file: bytes) -> bytes:
    """What is in a PNG of ours, whichever zlib packed it."""
    start = file.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", file[start - 8 : start - 4])
    return zlib.decompress(file[start : start + length])


def drawn() -> dict[str, bytes]:
    return {name: png(picture) for name, picture in PICTURES.items()} | {FAVICON: ico(icon(FAVICON_SIZE))}


def main() -> int:
    if sys.argv[1:] == ["write"]:
        FOLDER.mkdir(exist_ok=True)
        for name, body in drawn().items():
            (FOLDER / name).write_bytes(body)
        return 0
    if sys.argv[1:] == ["check"]:
        stale = [name for name, body in drawn().items() if pixels_of((FOLDER / name).read_bytes()) != pixels_of(body)]
        print("\n".join(f"{FOLDER / name} is not what scripts/pictures.py draws" for name in stale), end="")
        return 1 if stale else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main())
