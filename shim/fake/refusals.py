"""Atlas' errors as a table: a code, its HTTP status, and its text with a placeholder for each parameter."""

from __future__ import annotations

from http import HTTPStatus

from shim.fake.http import JsonObject

_RATE_LIMITED = (
    "Rate limit exceeded for {}. Please retry after {} seconds. Request capacity: {}. Refill rate: {} per {} seconds."
)
_NAME_INVALID = "The cluster name {} is invalid. The name can only contain ASCII letters, numbers, and hyphens."

_WORDED: dict[str, tuple[int, str]] = {
    # Recorded.
    "GROUP_NOT_FOUND": (404, "No group with ID {} exists."),
    "CLUSTER_NOT_FOUND": (404, "No cluster named {} exists in group {}."),
    "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API": (400, "Cannot use non-flex cluster {} in the flex API."),
    "CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API": (400, "Flex cluster {} cannot be used in the Cluster API."),
    "RESOURCE_NOT_FOUND": (404, "Cannot find resource {}."),
    "DUPLICATE_CLUSTER_NAME": (400, "A {} named {} is already present in group {}."),
    # Documented with its text.
    "TENANT_SNAPSHOT_NOT_FOUND": (404, "No Flex snapshot with ID {} exists for cluster {}."),
    "TENANT_RESTORE_NOT_FOUND": (404, "No Flex restore with ID {} exists for cluster {}."),
    "SNAPSHOT_NOT_FOUND": (404, "No snapshot with ID {} exists for cluster {}."),
    "INVALID_QUERY_PARAMETER": (400, "Invalid query parameter {} specified."),
    "RATE_LIMITED_TOKEN_BUCKET": (429, _RATE_LIMITED),
    "CLUSTER_ALREADY_REQUESTED_DELETION": (400, "The cluster {} has already been requested for deletion."),
    "CLUSTER_NAME_INVALID": (400, _NAME_INVALID),
    # Known from public test logs: the answer to deleting a protected flex cluster, its parameter a whole sentence.
    "ATLAS_GENERAL_ERROR": (400, "Reason: {}."),
    # Known from public issues and repositories: the path of the 410 is the requested one, without the first slash.
    "VERSION_GONE": (410, "Version {} of {} is no longer available."),
    "INVALID_VERSION_DATE": (406, "Invalid accept header or version date."),
}
"""What Atlas says."""

_OURS: dict[int, str] = {
    # INVALID_DIGEST_URI: RFC 7616, 3.4.6 asks for a 400 when the signed uri is not the request target.
    400: "CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API CANNOT_USE_SERVERLESS_INSTANCE_IN_CLUSTER_API "
    "CANNOT_TERMINATE_CLUSTER_WHEN_TERMINATION_PROTECTION_ENABLED MALFORMED_JSON MISSING_ATTRIBUTE INVALID_ATTRIBUTE "
    "INVALID_ENUM_VALUE UNSUPPORTED_DELIVERY_METHOD INVALID_DIGEST_URI",
    403: "FEATURE_UNSUPPORTED",
    404: "SERVERLESS_INSTANCE_NOT_FOUND NOT_FOUND RESTORE_JOB_NOT_FOUND INVALID_GROUP_ID INVALID_SNAPSHOT_ID "
    "INVALID_JOB_ID",
}
"""Codes by status of which only the code is documented, or known from Atlas' Kubernetes operator: one text for all."""

ERRORS = _WORDED | {code: (status, "") for status, codes in _OURS.items() for code in codes.split()}
"""Error codes; to add an error, add a row."""


class AtlasRefusal(Exception):  # noqa: N818 - an answer, not a defect of the program
    """An error answer: a code of ``ERRORS`` and the values for its placeholders.

    ``document`` is its JSON body with the members in Atlas' order (alphabetical).
    """

    def __init__(self, code: str, *parameters: object) -> None:
        super().__init__(code)
        self.code = code
        self.status, text = ERRORS[code]
        self.document: JsonObject = {
            "detail": text.format(*parameters) or _plain(code, parameters),
            "error": self.status,
            "errorCode": code,
            "parameters": list(parameters),
            "reason": HTTPStatus(self.status).phrase,
        }


def _plain(code: str, parameters: tuple[object, ...]) -> str:
    return ": ".join(filter(None, (code.replace("_", " ").capitalize(), ", ".join(map(str, parameters))))) + "."
