"""Texts by topic: what a field of a known name would plausibly say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sandbox.values.keys import mix
from sandbox.values.lexicon import pick, tokens, topic
from sandbox.values.people import Text, locator, slug, speaker

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_PEOPLE: Final = frozenset(
    "user customer person employee member contact author owner patient student player driver guest"
    " shopper passenger traveler account profile candidate teacher client recipient sender".split()
)
_ADDRESSED: Final = _PEOPLE | frozenset(
    "address location place venue billing shipping store office company city warehouse".split()
)
_ROLES: Final = frozenset(
    "author creator assignee recipient manager reviewer instructor teacher passenger artist"
    " speaker".split()
)
_COMPANIES: Final = frozenset(
    "company organization organisation merchant vendor supplier brand store shop publisher employer"
    " hotel restaurant airline bank business partner manufacturer".split()
)
_PRODUCTS: Final = frozenset("product item sku variant article offering price goods".split())
_PETS: Final = frozenset("pet animal dog cat".split())
_CATEGORIES: Final = frozenset("category genre department section collection group".split())
_TAGS: Final = frozenset("tag label keyword".split())
_FAILURES: Final = frozenset(
    "error problem exception failure fault warning violation message status reason result".split()
) | {"response", "validation"}
_VAGUE: Final = frozenset("response dto view model data object info detail details".split())
_CODED: Final = {
    "country": "place.country_code", "currency": "place.currency", "language": "word.language",
    "locale": "word.language", "airport": "word.airport", "airline": "word.airline",
}  # fmt: skip
_PLACES: Final = frozenset("city place location venue region area zone".split())
_REPOS: Final = frozenset(("repository", "repo", "project"))
_WORKS: Final = frozenset("book movie film album song track episode series playlist show".split())


def text_for(name: str, context: str) -> tuple[str, Text]:
    """The topic of a field ("" if unknown) and what makes its text."""
    about, role = topic(name)
    if about == "name.any":
        return about, _name_text(role or context, role)
    if about == "person.full" and name.lower() == "full_name" and set(tokens(context)) & _REPOS:
        return (
            about,
            lambda key, owner: f"{pick('companies', owner).lower()}/{_slug(owner >> 8, 0)}",
        )
    if about == "link.url":
        return about, url_of(name)
    kinds = set(tokens(role or context))
    if about == "person.full" and tokens(name)[-2:] == ("display", "name") and kinds - _VAGUE:
        return about, _name_text(role or context, role)
    said = set(tokens(name))
    if about == "code.error" and "code" in said and not (kinds | said) & _FAILURES:
        return about, _code_of(kinds)
    if about == "person.full" and tokens(name)[-1] in _ROLES:
        role = tokens(name)[-1]
    if said == {"state"} and not role and not set(tokens(context)) & _ADDRESSED:
        return "word.status", _one_of("statuses")
    made = speaker(about, role) or locator(about, role) or _TEXTS.get(about)
    if made is not None:
        return about, made
    return "", _two_words


def _code_of(kinds: set[str]) -> Text:
    """`code`, by what it is the code of."""
    for kind, about in _CODED.items():
        if kind in kinds:
            return locator(about, "") or _TEXTS[about]
    return _TEXTS["code.sku"]


def _name_text(context: str, role: str) -> Text:
    """`name`, by what it is the name of."""
    kinds = set(tokens(context)) | {part.rstrip("s") for part in tokens(context)}
    if kinds & _PETS:
        return lambda key, owner: str(pick("pets", key))
    if kinds & _PEOPLE:
        return speaker("person.full", role) or _name
    if kinds & _COMPANIES:
        return _company
    if kinds & _PRODUCTS:
        return _product
    if kinds & _CATEGORIES:
        return lambda key, owner: str(pick("categories", key))
    if kinds & _TAGS:
        return lambda key, owner: str(pick("tags", key))
    if kinds & _PLACES:
        return locator("place.city", "") or _name
    if kinds & _WORKS:
        return lambda key, owner: str(pick("titles", key))
    return _name


def _name(key: int, owner: int) -> str:
    return f"{pick('adjectives', key)} {pick('nouns', key >> 12)}".title()


def _company(key: int, owner: int) -> str:
    base = f"{pick('companies', key)} {pick('company_kinds', key >> 10)}"
    return f"{base} {pick('legal_forms', key >> 20)}" if key % 3 == 0 else base


def _product(key: int, owner: int) -> str:
    plain = str(pick("products", key))
    return plain if key % 2 else f"{pick('adjectives', key >> 10).title()} {plain}"


def _title(key: int, owner: int) -> str:
    return f"{pick('verbs', key).title()} the {pick('subjects', key >> 10)}"


def sentence(key: int, owner: int = 0) -> str:
    """One sentence."""
    return str(pick("sentences", key >> 5))


def paragraph(key: int, owner: int = 0) -> str:
    """One to three sentences."""
    count = 1 + (key >> 50) % 3
    # Steps of 7 through the list: no sentence twice in a paragraph.
    return " ".join(pick("sentences", (key >> 5) + 7 * step) for step in range(count))


def _slug(key: int, owner: int) -> str:
    return f"{pick('adjectives', key)}-{pick('nouns', key >> 12)}"


def word_name(key: int) -> str:
    """A plausible property name."""
    return (
        f"{pick('adjectives', key)}_{pick('nouns', key >> 12)}" if key & 1 else pick("nouns", key)
    )


def letters(key: int, length: int, alphabet: str = _ALPHABET) -> str:
    """`length` characters of an alphabet; at most 40 draws of 10 characters each."""
    made: list[str] = []
    base = len(alphabet)
    while len(made) < length:
        key = mix(key + 1)
        part = key
        for _ in range(min(10, length - len(made))):
            part, digit = divmod(part, base)
            made.append(alphabet[digit])
    return "".join(made)


def hexadecimal(key: int, length: int) -> str:
    """`length` lower-case hexadecimal digits."""
    made = f"{mix(key):016x}"
    while len(made) < length:
        key = mix(key + 1)
        made += f"{key:016x}"
    return made[:length]


def uuid(key: int, owner: int = 0) -> str:
    """A version 4 UUID."""
    text = hexadecimal(key, 32)
    variant = "89ab"[key & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


def url(key: int, owner: int = 0) -> str:
    """A page at a domain reserved for examples."""
    return f"https://www.{pick('domains', key)}/{pick('nouns', key >> 8)}/{_slug(key >> 16, 0)}"


def url_of(name: str) -> Text:
    """Pages of what the field names: forks_url -> https://www.example.com/forks/..."""
    role = topic(name)[1]
    if not role or role in ("html", "web", "self", "next", "previous", "canonical"):
        return url
    folder = slug(role)
    return lambda key, owner: f"https://www.{pick('domains', key)}/{folder}/{_slug(key >> 16, 0)}"


def image(key: int, owner: int = 0) -> str:
    """The address of a picture."""
    return f"https://images.{pick('domains', key)}/{hexadecimal(key, 8)}.png"


def host(key: int, owner: int = 0) -> str:
    """A host name under a domain reserved for examples."""
    return f"{pick('nouns', key >> 8)}.{pick('domains', key)}"


def ipv4(key: int, owner: int = 0) -> str:
    """An address from the three blocks kept for documentation (RFC 5737)."""
    block = ("192.0.2", "198.51.100", "203.0.113")[key % 3]
    return f"{block}.{(key >> 8) % 254 + 1}"


def _file(key: int, owner: int) -> str:
    return f"{_slug(key, owner)}.{pick('extensions', key >> 30)}"


def _version(key: int, owner: int) -> str:
    return f"{key % 6}.{(key >> 8) % 12}.{(key >> 16) % 20}"


def _iban(key: int, owner: int) -> str:
    """A German IBAN with correct check digits (ISO 7064, mod 97-10)."""
    account = f"{key % 10**18:018d}"
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


def _isbn(key: int, owner: int) -> str:
    digits = f"978{key % 10**9:09d}"
    total = sum(int(digit) * (1 + 2 * (at % 2)) for at, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def _two_words(key: int, owner: int) -> str:
    return f"{pick('adjectives', key)} {pick('nouns', key >> 12)}"


def _one_of(name: str) -> Callable[[int, int], str]:
    return lambda key, owner: str(pick(name, key))


_PLATE: Final = "ABCDEFGHKLMNPRSTVXYZ"

_TEXTS: Final[Mapping[str, Text]] = {
    "word.company": _company,
    "word.product": _product,
    "word.category": _one_of("categories"),
    "word.tag": _one_of("tags"),
    "word.color": _one_of("colors"),
    "word.department": _one_of("departments"),
    "word.language": _one_of("languages"),
    "word.license": _one_of("licenses"),
    "word.mime": _one_of("mime_types"),
    "word.extension": _one_of("extensions"),
    "word.status": _one_of("statuses"),
    "word.role": _one_of("roles"),
    "word.brand": _one_of("brands"),
    "word.genre": _one_of("genres"),
    "word.species": _one_of("species"),
    "word.breed": _one_of("breeds"),
    "word.airport": _one_of("airports"),
    "word.airline": _one_of("airlines"),
    "word.reason": _one_of("reasons"),
    "word.agent": _one_of("user_agents"),
    "word.word": _one_of("nouns"),
    "word.type": _one_of("types"),
    "word.visibility": _one_of("visibilities"),
    "word.market": _one_of("markets"),
    "word.code_language": _one_of("code_languages"),
    "text.title": _title,
    "text.work": _one_of("titles"),
    "text.sentence": sentence,
    "text.paragraph": paragraph,
    "text.html": lambda key, owner: f"<p>{paragraph(key)}</p>",
    "code.slug": _slug,
    "code.sha": lambda key, owner: hexadecimal(key, 40),
    "code.sha256": lambda key, owner: hexadecimal(key, 64),
    "code.md5": lambda key, owner: hexadecimal(key, 32),
    "code.token": lambda key, owner: letters(key, 24),
    "code.password": lambda key, owner: f"{letters(key, 10)}-{key % 90 + 10}",
    "code.id": lambda key, owner: letters(key, 12),
    "code.uuid": uuid,
    "code.version": _version,
    "code.sku": lambda key, owner: (
        f"{letters(key, 3, 'ABCDEFGHJKLMNPRSTUVWXYZ')}-{key % 9000 + 1000}"
    ),
    "code.iban": _iban,
    "code.bic": lambda key, owner: f"{letters(key, 4, 'BCDEFGHKLMNPRS')}DEFF",
    "code.isbn": _isbn,
    "code.last4": lambda key, owner: f"{key % 10_000:04d}",
    "code.number": lambda key, owner: f"{key % 900_000 + 100_000}",
    "code.color": lambda key, owner: f"#{hexadecimal(key, 6)}",
    "code.branch": lambda key, owner: "main" if key % 2 else f"feature/{_slug(key >> 8, 0)}",
    "code.path": lambda key, owner: f"{pick('nouns', key)}/{_file(key >> 12, 0)}",
    "code.file": _file,
    "code.error": lambda key, owner: slug(pick("reasons", key)).replace("-", "_"),
    "code.ip": ipv4,
    "code.host": host,
    "code.etag": lambda key, owner: f'"{hexadecimal(key, 16)}"',
    "code.emoji": lambda key, owner: "🙂🎉🚀👍❤"[key % 5],
    "code.plate": lambda key, owner: (
        f"{letters(mix(key), 3, 'ABCDEFGHKLMNPRSTVXYZ')}-{key % 9000 + 1000}"
    ),
    "code.coupon": lambda key, owner: f"{pick('tags', key).upper()}{key % 9 + 1}0",
    "link.url": url,
    "number.money": lambda key, owner: f"{key % 500 + 1}.{(key >> 16) % 100:02d}",
    "number.whole": lambda key, owner: str(key % 90 + 1),
    "link.image": image,
}
