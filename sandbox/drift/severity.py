"""How bad a finding is: oasdiff's level, and what other policies say where they disagree.

The oasdiff levels follow its rule table; azure follows the openapi-diff rules 1000–1050, aip
Google's AIP-180, zalando the RESTful API guidelines. `agent` is ours: what breaks or misleads a
caller whose only manual is the document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

POLICIES: Final = ("oasdiff", "azure", "aip", "zalando", "agent")

_INFO: Final = "INFO"
_WARN: Final = "WARN"
_ERR: Final = "ERR"

# The first pattern that matches decides; what none matches is INFO.
_OASDIFF: Final[tuple[tuple[str, str], ...]] = (
    (r"api-(path-)?removed-with-deprecation", _INFO),
    (r"api-(path-)?removed-(without-deprecation|before-sunset)", _ERR),
    (r"api-operation-id-removed|api-tag-removed|api-security-.*|endpoint-.*", _INFO),
    (r"new-required-request-(parameter|property)|new-request-path-parameter", _ERR),
    (r"new-optional-.*", _INFO),
    (r"request-parameter-removed|request-property-removed", _WARN),
    (r"request-(parameter|property)-became-required", _ERR),
    (r"request-(parameter|property)-became-optional", _INFO),
    (r"request-body-(added-required|became-required|media-type-removed|removed)", _ERR),
    (r"request-(parameter|property|body)-became-(enum|not-nullable)", _ERR),
    (r"request-.*-enum-value-removed", _ERR),
    (r"request-.*-enum-value-added", _INFO),
    (r"request-.*-type-(generalized)", _INFO),
    (r"request-.*-type-(changed|specialized)", _ERR),
    (r"request-parameter-default-value-(changed|added|removed)", _ERR),
    (r"request-.*-default-value-.*", _INFO),
    (r"request-.*-(max|max-length|max-items|min|min-length|min-items)-set", _WARN),
    (r"request-.*-(max|max-length|max-items)-decreased", _ERR),
    (r"request-.*-(min|min-length|min-items)-increased", _ERR),
    (r"request-.*-pattern-added", _ERR),
    (r"request-.*-pattern-changed", _WARN),
    (r"request-.*-(one|any)-of-removed", _ERR),
    (r"response-required-property-removed|response-property-became-(optional|nullable)", _ERR),
    (r"response-body-became-nullable", _ERR),
    (r"response-optional-property-removed", _WARN),
    (r"response-.*-type-(changed|generalized)", _ERR),
    (r"response-.*-enum-value-added", _WARN),
    (r"response-.*-(max|max-length|max-items)-(increased|unset)", _ERR),
    (r"response-.*-(min|min-length|min-items)-(decreased|unset)", _ERR),
    (r"response-.*-(one|any)-of-added", _ERR),
    (r"response-success-status-removed|response-media-type-removed", _ERR),
    (r"required-response-header-removed|response-header-type-changed", _ERR),
    (r"optional-response-header-removed", _WARN),
)

# Where a policy disagrees with oasdiff.
_OTHERS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "azure": (
        (r"new-optional-request-(parameter|property)", _ERR),
        (r"request-parameter-removed|request-property-removed", _ERR),
        (r"response-(optional|required)-property-(removed|added)", _ERR),
        (r"response-.*-enum-value-added", _ERR),
        (r"response-success-status-added|response-non-success-status-(added|removed)", _ERR),
        (r"api-operation-id-removed", _ERR),
        (r"request-.*-default-value-.*", _ERR),
        (r"request-.*-(max|max-length|max-items|min|min-length|min-items)-set", _ERR),
    ),
    "aip": (
        (r"request-(parameter|property)-removed|response-optional-property-removed", _ERR),
        (r"(request|response)-.*-type-(changed|generalized|specialized)", _ERR),
        (r"request-.*-default-value-.*", _ERR),
        (r"api-operation-id-removed", _ERR),
        (r"response-.*-enum-value-added", _WARN),
        (r"api-(path-)?removed-with-deprecation", _ERR),
    ),
    "zalando": (
        (r"request-(parameter|property)-removed|response-optional-property-removed", _ERR),
        (r"response-.*-enum-value-added", _ERR),
        (r"request-.*-(max|max-length|max-items|min|min-length|min-items)-set", _ERR),
        (r"request-.*-default-value-.*", _ERR),
        (r"response-non-success-status-(added|removed)|response-success-status-added", _INFO),
    ),
    "agent": (
        (r"api-operation-id-removed|api-security-.*", _ERR),
        (r"request-(parameter|property)-removed|response-optional-property-removed", _ERR),
        (r"request-.*-default-value-.*|x-description-changed", _WARN),
        (r"x-path-parameter-renamed|x-server-changed", _ERR),
        (r"response-.*-enum-value-(added|removed)", _WARN),
        (r"response-.*-type-specialized", _WARN),
        (r"x-strict-unknown", _ERR),
    ),
}


def level(id: str, policy: str = "oasdiff") -> str:
    """ERR, WARN or INFO of a finding under a policy. Raises KeyError for an unknown policy."""
    for pattern, found in () if policy == "oasdiff" else _OTHERS[policy]:
        if re.fullmatch(pattern, id):
            return found
    for pattern, found in _OASDIFF:
        if re.fullmatch(pattern, id):
            return found
    return _INFO


def levels(id: str) -> dict[str, str]:
    """The level under every policy."""
    return {policy: level(id, policy) for policy in POLICIES}
