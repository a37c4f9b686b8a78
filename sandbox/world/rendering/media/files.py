"""Small valid files of the common types: images, PDF, archives, sound. The same for the same text.

The libraries that write them are imported when the first such reply is made.
"""

from __future__ import annotations

import io
from hashlib import sha256
from typing import Final

from sandbox.document.media_types import essence

_IMAGES: Final = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/jpg": "JPEG",
    "image/pjpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
    "image/x-icon": "ICO",
    "image/vnd.microsoft.icon": "ICO",
    "image/*": "PNG",
    "application/pdf": "PDF",
}
_ARCHIVES: Final = frozenset(
    {"application/zip", "application/x-zip-compressed", "application/java-archive"}
)
_GZIP: Final = frozenset({"application/gzip", "application/x-gzip"})
_TAR: Final = frozenset({"application/x-tar", "application/x-gtar"})
_WAVE: Final = frozenset({"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/*"})
_SIZE: Final = (96, 48)


def sample_file(media_type: str, text: str) -> bytes:
    """A file of the media type that holds `text` where its format has room for one.

    Types that nothing here writes (video, office files) get the text itself.
    """
    kind = essence(media_type)
    if kind in _IMAGES:
        return _image(_IMAGES[kind], text)
    if kind == "image/svg+xml":
        return _drawing(text)
    if kind in _ARCHIVES:
        return _archive(text)
    if kind in _GZIP:
        import gzip

        return gzip.compress(text.encode("utf-8", "replace"), mtime=0)
    if kind in _TAR:
        return _tape_archive(text)
    if kind in _WAVE:
        return _sound()
    return text.encode("utf-8", "replace")


def _image(form: str, text: str) -> bytes:
    from PIL import Image, ImageDraw

    red, green, blue = sha256(text.encode("utf-8", "replace")).digest()[:3]
    size = (32, 32) if form == "ICO" else _SIZE
    image = Image.new("RGB", size, (red, green, blue))
    ink = "black" if red + green + blue > 380 else "white"
    ImageDraw.Draw(image).text((4, 4), text[:12].encode("ascii", "replace").decode(), fill=ink)
    out = io.BytesIO()
    if form == "PDF":
        # Without a date of its own: the same text is the same file.
        image.save(out, form, creationDate=None, modDate=None)
    else:
        image.save(out, form)
    return out.getvalue()


def _drawing(text: str) -> bytes:
    from xml.etree.ElementTree import Element, SubElement, tostring

    width, height = map(str, _SIZE)
    root = Element("svg", xmlns="http://www.w3.org/2000/svg", width=width, height=height)
    SubElement(root, "text", x="4", y="20").text = "".join(c for c in text if c.isprintable())
    data: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return data


def _archive(text: str) -> bytes:
    from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr(ZipInfo("content.txt", (2026, 1, 15, 9, 0, 0)), text)
    return out.getvalue()


def _tape_archive(text: str) -> bytes:
    import tarfile

    data, out = text.encode("utf-8", "replace"), io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("content.txt")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def _sound() -> bytes:
    """A tenth of a second of silence."""
    import wave

    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\x00\x00" * 800)
    return out.getvalue()
