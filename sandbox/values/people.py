"""People and places: an entity's name and email are one person's, its city and zip one place's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.values.keys import mix, salt
from sandbox.values.lexicon import pick, words

Text = Callable[[int, int], str]
"""(own key, key of the entity) -> text."""

_CITY, _REGION, _REGION_CODE, _ALPHA2, _ALPHA3, _COUNTRY, _ZIP = range(7)
_LATITUDE, _LONGITUDE, _ZONE, _CURRENCY, _LOCALE, _DIAL = range(7, 13)
_PLAIN: Final = re.compile(r"[^a-z0-9]+")
# Roles that mean the entity itself: a user's contact_email is the user's.
_SELF: Final = frozenset(("", "contact", "user", "primary", "work", "home", "account", "public"))


def _role(role: str, kind: str) -> int:
    return salt(f"#{kind}" if role in _SELF else f"#{kind}:{role}")


def person(key: int) -> tuple[str, str]:
    """Given and family name."""
    return pick("given", key), pick("family", key >> 12)


def login(key: int) -> str:
    """A user name made from the person's own."""
    given, family = person(key)
    style = (key >> 24) % 3
    if style == 0:
        return f"{given[0]}{family}".lower()
    return f"{given}.{family}".lower() if style == 1 else f"{given}{(key >> 28) % 90 + 10}".lower()


def email(key: int) -> str:
    """The person's address, at a domain reserved for examples."""
    given, family = person(key)
    return f"{given}.{family}@{pick('domains', key >> 40)}".lower()


def phone(key: int) -> str:
    """A number in E.164 form from the range kept for fiction."""
    return f"+1555{(key >> 8) % 10_000_000:07d}"


def speaker(topic: str, role: str) -> Text | None:
    """Text for a topic about a person, the same person for all of an entity's fields in a role."""
    made = _PERSON.get(topic)
    if made is None:
        return None
    constant = _role(role, "person")
    return lambda key, owner: made(mix(owner ^ constant))


def place(role: str) -> Callable[[int], Any]:
    """The row of the place an entity is at."""
    constant = _role(role, "place")
    rows = words()["places"]
    return lambda owner: rows[mix(owner ^ constant) % len(rows)]


def locator(topic: str, role: str) -> Text | None:
    """Text for a topic about a place."""
    where = place(role)
    column = _PLACE.get(topic)
    if column is not None:
        return lambda key, owner: str(where(owner)[column])
    if topic == "place.street":
        return lambda key, owner: f"{key % 180 + 1} {pick('streets', key >> 10)}"
    if topic == "place.street2":
        return lambda key, owner: f"Floor {key % 9 + 1}"
    if topic == "place.house":
        return lambda key, owner: str(key % 180 + 1)
    if topic == "place.address":
        return lambda key, owner: _address(where(owner), key)
    if topic == "place.location":
        return lambda key, owner: f"{where(owner)[_CITY]}, {where(owner)[_COUNTRY]}"
    return None


def _address(row: Any, key: int) -> str:
    return f"{key % 180 + 1} {pick('streets', key >> 10)}, {row[_ZIP]} {row[_CITY]}"


def coordinate(name: str, role: str) -> Callable[[int, int], float]:
    """Latitude or longitude of an entity's place, within about ten kilometres of its centre."""
    where, column = place(role), _LATITUDE if name == "latitude" else _LONGITUDE
    return lambda key, owner: round(where(owner)[column] + (key % 1000 - 500) / 10_000, 6)


def slug(text: str) -> str:
    """Lower-case words joined by hyphens."""
    return _PLAIN.sub("-", text.lower()).strip("-")


_PERSON: Final[Mapping[str, Callable[[int], str]]] = {
    "person.given": lambda key: person(key)[0],
    "person.family": lambda key: person(key)[1],
    "person.middle": lambda key: str(pick("given", key >> 30)),
    "person.full": lambda key: " ".join(person(key)),
    "person.user": login,
    "person.email": email,
    "person.phone": phone,
    "person.initials": lambda key: "".join(part[0] for part in person(key)),
    "person.gender": lambda key: str(pick("genders", key >> 6)),
    "person.job": lambda key: str(pick("jobs", key >> 18)),
}
_PLACE: Final[Mapping[str, int]] = {
    "place.city": _CITY,
    "place.region": _REGION,
    "place.region_code": _REGION_CODE,
    "place.country": _COUNTRY,
    "place.country_code": _ALPHA2,
    "place.country_code3": _ALPHA3,
    "place.zip": _ZIP,
    "place.timezone": _ZONE,
    "place.currency": _CURRENCY,
    "place.locale": _LOCALE,
}
