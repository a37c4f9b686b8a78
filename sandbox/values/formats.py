"""Strings by format: all of 2020-12 and OpenAPI's registry, shaped by the field's name."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from email.utils import format_datetime
from typing import Final

from sandbox.values import wording
from sandbox.values.lexicon import pick, topic
from sandbox.values.moments import moment
from sandbox.values.people import Text, locator, speaker

Maker = Callable[[str], Text]
"""Field name -> text maker."""


def of_format(name: str, format_name: str) -> Text | None:
    """What makes strings of a format; None where the format says nothing about the text."""
    maker = _FORMATS.get(format_name.lower())
    return maker(name) if maker else None


def _date_time(name: str) -> Text:
    when = moment(name)
    return lambda key, owner: when(key, owner).strftime("%Y-%m-%dT%H:%M:%SZ")


def _mail_date(name: str) -> Text:
    when = moment(name)
    return lambda key, owner: format_datetime(when(key, owner))


def _date(name: str) -> Text:
    when = moment(name)
    return lambda key, owner: when(key, owner).strftime("%Y-%m-%d")


def _time(name: str) -> Text:
    when = moment(name)
    return lambda key, owner: when(key, owner).strftime("%H:%M:%SZ")


def _duration(name: str) -> Text:
    return lambda key, owner: f"PT{key % 23 + 1}H" if key % 2 else f"P{key % 28 + 1}D"


def _email(name: str) -> Text:
    about, role = topic(name)
    made = speaker("person.email", role if about == "person.email" else "")
    assert made is not None
    return made


def _uri(name: str) -> Text:
    about, _ = topic(name)
    if about == "link.image":
        return wording.image
    return wording.url_of(name)


def _reference(name: str) -> Text:
    return lambda key, owner: f"/{pick('nouns', key)}/{wording.letters(key, 8)}"


def _ipv6(name: str) -> Text:
    # 2001:db8::/32 is kept for documentation (RFC 3849).
    return lambda key, owner: (
        f"2001:db8:{key & 0xFFFF:x}:{key >> 16 & 0xFFFF:x}::{key >> 32 & 255:x}"
    )


def _bytes(key: int) -> bytes:
    return wording.sentence(key).encode()


def _base64(name: str) -> Text:
    return lambda key, owner: b64encode(_bytes(key)).decode()


def _base64url(name: str) -> Text:
    return lambda key, owner: urlsafe_b64encode(_bytes(key)).decode().rstrip("=")


def _zone(name: str) -> Text:
    made = locator("place.timezone", "")
    assert made is not None
    return made


def _currency(name: str) -> Text:
    made = locator("place.currency", "")
    assert made is not None
    return made


def _plain(text: Text) -> Maker:
    return lambda name: text


_HOST: Final = _plain(wording.host)
_FORMATS: Final[Mapping[str, Maker]] = {
    "date-time": _date_time,
    "datetime": _date_time,
    "timestamp": _date_time,
    "iso8601": _date_time,
    "date": _date,
    "date-time-rfc-2822": _mail_date,
    "time": _time,
    "duration": _duration,
    "email": _email,
    "idn-email": _email,
    "hostname": _HOST,
    "idn-hostname": _HOST,
    "ipv4": _plain(wording.ipv4),
    "ip": _plain(wording.ipv4),
    "ipv6": _ipv6,
    "cidr": _plain(lambda key, owner: f"10.{key % 250}.0.0/16"),
    "mac": _plain(
        lambda key, owner: "02:" + ":".join(f"{key >> s & 255:02x}" for s in (0, 8, 16, 24, 32))
    ),
    "uri": _uri,
    "url": _uri,
    "iri": _uri,
    "uri-reference": _reference,
    "iri-reference": _reference,
    "uri-template": _plain(lambda key, owner: f"/{pick('nouns', key)}/{{id}}"),
    "uuid": _plain(wording.uuid),
    "guid": _plain(wording.uuid),
    "json-pointer": _plain(lambda key, owner: f"/{pick('nouns', key)}/{key % 5}"),
    "relative-json-pointer": _plain(lambda key, owner: f"{key % 3}/{pick('nouns', key)}"),
    "regex": _plain(lambda key, owner: f"^{pick('nouns', key)}[0-9]+$"),
    "byte": _base64,
    "base64": _base64,
    "base64url": _base64url,
    "binary": _plain(lambda key, owner: wording.sentence(key)),
    "password": _plain(lambda key, owner: f"{wording.letters(key, 10)}-{key % 90 + 10}"),
    "phone": lambda name: speaker("person.phone", "") or wording.uuid,
    "timezone": _zone,
    "currency": _currency,
    "color": _plain(lambda key, owner: f"#{wording.hexadecimal(key, 6)}"),
    "html": _plain(lambda key, owner: f"<p>{wording.paragraph(key)}</p>"),
    "markdown": _plain(lambda key, owner: wording.paragraph(key)),
    "int64": _plain(lambda key, owner: str(key % 10**9)),
    "int32": _plain(lambda key, owner: str(key % 10**6)),
    "uint64": _plain(lambda key, owner: str(key % 10**9)),
    "decimal": _plain(lambda key, owner: f"{key % 500}.{key >> 16 & 0x3F:02d}"),
    "double": _plain(lambda key, owner: f"{key % 500}.{key >> 16 & 0x3F:02d}"),
    "float": _plain(lambda key, owner: f"{key % 500}.{key >> 16 & 0x3F:02d}"),
    "snowflake": _plain(lambda key, owner: str(10**17 + key % (8 * 10**17))),
}
