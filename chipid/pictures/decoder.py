# SPDX-License-Identifier: Apache-2.0
"""The program that decodes one image, in a process of its own: hostile octets meet a decoder here and nowhere else.

It is started by :mod:`chipid.pictures.sandbox`, which kills it when its time is up. It imports nothing of chipid, reads the image
from standard input, and answers on standard output: one octet of :class:`Status`, then what the task gives. Before a decoder sees
the image, the process gives up all that decoding does not need: memory, processor time, files, sockets, further processes.

Arguments: task, format, pixel limit, seconds, octets of memory, folders with the decoders.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import struct
import sys
from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

PICTURE = struct.Struct(">BII")
"""Before the pixels: index into :data:`MODES`, width, height."""

TEXT = struct.Struct(">I")
"""Before each text in UTF-8: its length in octets."""

MODES = {"L": 1, "RGB": 3}
"""Grey and colour: octets a pixel."""


class Status(IntEnum):
    """The first octet of an answer."""

    DONE = 0
    REFUSED = 1
    """The decoder does not take the image."""
    TOO_LARGE = 2
    """It has more pixels than the limit, or than its header says."""
    NO_MEMORY = 3
    NO_DECODER = 4
    """A library is missing."""


class TooLarge(Exception):
    """More pixels than allowed."""


def picture(octets: bytes, image_format: str, pixel_limit: int) -> bytes:
    """The pixels, row by row, grey or colour; 8 bits each."""
    image = _plain(_opened(octets, image_format, pixel_limit))
    return PICTURE.pack(list(MODES).index(image.mode), *image.size) + image.tobytes()


def qr_codes(octets: bytes, image_format: str, pixel_limit: int) -> bytes:
    """The texts of all QR codes in the image; what is no UTF-8 as the reader understands it."""
    import zxingcpp  # noqa: PLC0415

    image = _plain(_opened(octets, image_format, pixel_limit)).convert("L")
    answer = b""
    for code in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)):
        text = _utf_8(code.bytes) or code.text.encode()
        answer += TEXT.pack(len(text)) + text
    return answer


TASKS: dict[str, Callable[[bytes, str, int], bytes]] = {"picture": picture, "qr": qr_codes}

# What a format needs beside Pillow's core: loaded early, for nothing can be loaded once the image is being decoded.
MODULES = {
    "JPEG": ("PIL.MpoImagePlugin",),
    "JPEG2000": ("PIL.Jpeg2KImagePlugin",),
    "CIELAB": ("PIL.Jpeg2KImagePlugin", "PIL.ImageCms"),
    "PNG": (),
    "WSQ": ("wsq",),
    "qr": ("zxingcpp",),
}


def _opened(octets: bytes, image_format: str, pixel_limit: int) -> Image:
    from PIL import Image  # noqa: PLC0415

    lab = image_format == "CIELAB"
    image: Image.Image = Image.open(io.BytesIO(octets), formats=("JPEG2000" if lab else image_format,))
    if image.width * image.height > pixel_limit:
        raise TooLarge
    image.load()
    return _from_lab(image) if lab else image


def _plain(image: Image) -> Image:
    """Grey or colour of 8 bits a sample; transparency is left out, for a portrait has none."""
    if image.mode in MODES:
        return image
    if image.mode.startswith("I"):  # 16 bits of grey
        return image.convert("I").point([value >> 8 for value in range(1 << 16)], "L")
    return image.convert("L" if image.mode in {"1", "LA"} else "RGB")


def _from_lab(image: Image) -> Image:
    """CIELab in JPEG 2000's default ranges (ITU-T T.801 §M.11.7.4.1), D50, as sRGB."""
    from PIL import Image, ImageCms  # noqa: PLC0415

    ranges = ((100, 0, 2.55, 0), (170, 128, 1, 128), (200, 96, 1, 128))
    bands = [
        band.point([round((value - zero) * span / 255 * scale) + offset for value in range(256)])
        for band, (span, zero, scale, offset) in zip(image.split(), ranges, strict=True)
    ]
    lab, srgb = (ImageCms.createProfile(name) for name in ("LAB", "sRGB"))
    converted = ImageCms.profileToProfile(Image.merge("LAB", bands), lab, srgb, outputMode="RGB")
    if converted is None:
        raise ValueError("no conversion")
    return converted


def _utf_8(octets: bytes) -> bytes | None:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return None
    return octets


def load(image_format: str, task: str) -> None:
    """Import all that decoding needs."""
    from PIL import Image  # noqa: PLC0415

    Image.preinit()  # Pillow does it at the first image otherwise
    for name in (*MODULES[image_format], *MODULES.get(task, ())):
        importlib.import_module(name)


def give_up_privileges(seconds: int, memory: int) -> None:
    """No more than this processor time and memory; no file, no socket, no process, no core dump with somebody's face."""
    try:
        import resource  # noqa: PLC0415
    except ImportError:  # not POSIX: the time limit of the parent remains
        return
    limits = {
        "RLIMIT_AS": memory,
        "RLIMIT_CPU": seconds + 1,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
        "RLIMIT_NPROC": 0,
        "RLIMIT_NOFILE": 0,
    }
    for name, limit in limits.items():
        if (kind := getattr(resource, name, None)) is not None:
            hard = resource.getrlimit(kind)[1]
            limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)  # noqa: PLW2901
            with contextlib.suppress(OSError, ValueError):  # macOS refuses to limit memory
                resource.setrlimit(kind, (limit, limit))


def main(arguments: list[str]) -> None:
    """Carry out the task that *arguments* name, and answer."""
    task, image_format, pixels, seconds, memory, *folders = arguments
    sys.path += folders
    try:
        load(image_format, task)
        octets = sys.stdin.buffer.read()
        give_up_privileges(int(seconds), int(memory))
        answer = bytes((Status.DONE,)) + TASKS[task](octets, image_format, int(pixels))
    except ImportError:
        answer = bytes((Status.NO_DECODER,))
    except TooLarge:
        answer = bytes((Status.TOO_LARGE,))
    except MemoryError:
        answer = bytes((Status.NO_MEMORY,))
    except Exception:  # whatever a decoder raises on hostile octets
        answer = bytes((Status.REFUSED,))
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main(sys.argv[1:])
