"""Error replies: in the form that the document declares, or as RFC 9457 problem details."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sandbox.conventions.envelopes import preferred_media
from sandbox.conventions.error_forms import error_form
from sandbox.conventions.error_nodes import ErrorForm
from sandbox.conventions.schema_surface import reference
from sandbox.document import Document, Operation
from sandbox.document.operations import Media, Reply
from sandbox.document.problems import generic, problem_body
from sandbox.draws import Draw
from sandbox.errors import DocumentError, NoInstance
from sandbox.messages import ABSENT, Headers, Problem, Response, compact
from sandbox.values import Values
from sandbox.world.rendering.error_writers import Failure, Writer, code_words, violation, writer
from sandbox.world.rendering.response_headers import waiting

PROBLEM_JSON: Final = "application/problem+json"
_MOST_ROWS: Final = 20


@dataclass(frozen=True, slots=True)
class _Template:
    """What one operation's error replies of one status are made with."""

    media_type: str
    write: Writer
    valid: Callable[[Any], bool]
    form: ErrorForm | None
    """None where any value is welcome."""
    base: Any
    """A valid value, for what no role fills."""
    lists: bool = False
    """Whether the form has a list or a map of violations."""


class ErrorResponses:
    """Builds error replies for one document."""

    __slots__ = ("_commonest", "_document", "_stated", "_templates", "_values")

    def __init__(
        self, document: Document, values: Values, stated: Mapping[str, str] | None = None
    ) -> None:
        self._document = document
        self._stated = stated
        self._values = values
        self._templates: dict[tuple[str, int], _Template | None] = {}
        self._commonest: tuple[tuple[str, Media], ...] | None = None

    def refuse(
        self,
        operation: Operation | None,
        status: int,
        detail: str = "",
        *,
        code: str = "",
        problems: Sequence[Problem] = (),
        helpfulness: int = 2,
        headers: Headers = (),
    ) -> Response:
        """An error reply. `helpfulness` runs from 0 (status only) to 4 (did-you-mean).

        `code` is a machine word for what happened, used where the form has a place for one.
        """
        template = self._template(operation, status) if helpfulness > 0 else None
        if template is not None:
            request = operation.path if operation is not None else ""
            failure = _failure(status, detail, code, problems, helpfulness, headers, request)
            value = self._value(template, failure, problems, helpfulness)
            if value is not ABSENT:
                whole = (("content-type", template.media_type), *headers)
                if isinstance(value, str) and "json" not in template.media_type:
                    return Response(status, whole, value.encode())
                return Response(status, whole, compact(waiting(orjson.dumps(value), headers)))
        body = problem_body(problems, helpfulness=helpfulness, status=status, detail=detail)
        problem_headers = (("content-type", PROBLEM_JSON), *headers)
        return Response(status, problem_headers, compact(orjson.dumps(body)))

    def write(
        self, schema: Any, status: int, detail: str, problems: Sequence[Problem], helpfulness: int
    ) -> Any:
        """What went wrong, in the form of a schema that is part of a reply; ABSENT where it has
        no place for it."""
        key = (reference(schema) or str(id(schema)), status)
        if key not in self._templates:
            media = Media(schema)
            self._templates[key] = self._compile_template("application/json", media, status)
        template = self._templates[key]
        if template is None or template.form is None or helpfulness == 0:
            return ABSENT
        return self._value(
            template, _failure(status, detail, "", problems, helpfulness), problems, helpfulness
        )

    def form(self, operation: Operation, status: int) -> ErrorForm | None:
        """The form of an operation's errors of a status; None where it declares none."""
        template = self._template(operation, status)
        return template.form if template is not None else None

    def _value(
        self,
        template: _Template,
        failure: Failure,
        problems: Sequence[Problem],
        helpfulness: int,
    ) -> Any:
        """The failure in the template's form; ABSENT where there is no valid one."""
        value = template.write(failure) if template.form is not None else ABSENT
        if "problem" in template.media_type or template.form is None:
            whole = problem_body(problems, helpfulness, failure.status, failure.text)
            if isinstance(value, dict):
                rows = value.get("errors")
                if isinstance(rows, list) and isinstance(rows[0], dict) and "errors" in whole:
                    pairs = zip(rows, whole["errors"], strict=False)
                    whole["errors"] = [{**row, **entry} for row, entry in pairs]
                elif template.lists:
                    whole.pop("errors", None)
                whole = {**value, **whole}
            if (value is ABSENT or isinstance(value, dict)) and template.valid(whole):
                return whole
        if value is not ABSENT and template.valid(value):
            return value
        return _fit_to_schema(template, value)

    def _template(self, operation: Operation | None, status: int) -> _Template | None:
        if operation is None:
            return None
        key = (operation.id, status)
        if key not in self._templates:
            made = (
                self._compile_template(m, media, status)
                for m, media in self._media(operation, status)
            )
            self._templates[key] = next((one for one in made if one is not None), None)
        return self._templates[key]

    def _media(self, operation: Operation, status: int) -> Iterator[tuple[str, Media]]:
        """The declared form; where there is none those of other errors, of the document too."""
        reply = operation.reply(status)
        if reply is not None and not (reply.status == "default" and status < 400):
            yield from _readable(reply)
            return
        for name in sorted(operation.replies, key=lambda name: name[:1] != str(status)[:1]):
            if name[:1] in "45":
                yield from self._general(_readable(operation.replies[name]), status)
        yield from self._general(self._common(), status)

    def _general(
        self, found: Sequence[tuple[str, Media]], status: int
    ) -> Iterator[tuple[str, Media]]:
        """Those forms that fit any failure: no list of fields alone, no other status."""
        for media_type, media in found:
            made = self._compile_template(media_type, media, status)
            if made is None or made.form is None:
                continue
            value = made.write(Failure(status, "x", "x"))
            if made.form.plain and made.valid(value) and not _other_status(value, status):
                yield media_type, media

    def _common(self) -> Sequence[tuple[str, Media]]:
        """The error form that most operations of the document have."""
        if self._commonest is None:
            seen: dict[tuple[str, str], tuple[str, Media]] = {}
            counts: Counter[tuple[str, str]] = Counter()
            for operation in self._document.operations.values():
                for name, reply in operation.replies.items():
                    if name[:1] not in "45d" or (name == "default" and len(operation.replies) == 1):
                        continue
                    for media_type, media in _readable(reply)[:1]:
                        key = (media_type, reference(media.schema) or str(id(media.schema)))
                        counts[key] += 1
                        seen.setdefault(key, (media_type, media))
            self._commonest = tuple(seen[key] for key, _ in counts.most_common(1))
        return self._commonest

    def _compile_template(self, media_type: str, media: Media, status: int) -> _Template | None:
        schemas, schema = self._document.schemas, media.schema
        try:
            valid = schemas.validator(schema, "response").is_valid
            form = error_form(schemas, schema, self._stated)
            draw = Draw("error reply", media_type, status)
            base = self._values.example(media)
            if base is None:
                base = self._values.make(schema, draw, sparse=True)
        except (NoInstance, DocumentError):
            return None
        if form is None:
            return _Template(media_type, lambda _: ABSENT, valid, None, base)
        write = writer(form.root, self._make_member, self._test)
        return _Template(media_type, write, valid, form, base, form.lists)

    def _make_member(self, schema: Any) -> Any:
        try:
            return self._values.make(schema, Draw("error member"), sparse=True)
        except NoInstance:
            return None

    def _test(self, schema: Any) -> Callable[[Any], bool]:
        test: Callable[[Any], bool] = self._document.schemas.validator(schema, "response").is_valid
        return test


def _failure(
    status: int,
    detail: str,
    code: str,
    problems: Sequence[Problem],
    helpfulness: int,
    headers: Headers = (),
    request: str = "",
) -> Failure:
    listed = problems[:_MOST_ROWS] if helpfulness > 1 else ()
    violations = [violation(problem, status, helpfulness) for problem in listed]
    fitting = code_words(status)
    failure = Failure(
        status,
        detail or "; ".join([each.text for each in violations]) or generic(status),
        code or fitting[0],
        (code, *fitting) if code else fitting,
        retry=_seconds(headers),
        request=request,
        violations=violations,
    )
    if len(failure.violations) == 1:
        only = failure.violations[0]
        failure.field, failure.pointer = only.field, only.pointer
        failure.location = only.location
    elif failure.violations:
        failure.field = ", ".join(only.field for only in failure.violations if only.field)
    return failure


def _readable(reply: Reply) -> list[tuple[str, Media]]:
    """The media type that errors are written in: JSON, else plain text."""
    media_type = preferred_media(reply.media)
    if media_type is None or reply.media[media_type].schema is None:
        return []
    if "json" in media_type or media_type.startswith("text/plain"):
        return [(media_type, reply.media[media_type])]
    return []


def _fit_to_schema(template: _Template, value: Any) -> Any:
    """As much of the value as the schema takes, on top of a valid one."""
    if not isinstance(value, Mapping) or not isinstance(template.base, dict):
        return (
            template.base if template.form is not None and template.valid(template.base) else ABSENT
        )
    made = dict(template.base)
    for name, member in value.items():
        trial = {**made, name: member}
        made = trial if template.valid(trial) else made
    return made if template.valid(made) else ABSENT


def _other_status(value: Any, status: int) -> bool:
    """Whether a value speaks of another HTTP status."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return any(_other_status(part, status) for part in parts)
    text = str(value)
    return text.isdigit() and 400 <= int(text) < 600 and int(text) != status


def _seconds(headers: Headers) -> int | None:
    """What Retry-After says, so that header and body tell the same time."""
    for name, value in headers:
        if name == "retry-after" and value.isdigit():
            return int(value)
    return None
