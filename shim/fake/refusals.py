"""Atlas' errors as a table: a code, its HTTP status, and its text with a gap for each parameter."""

from __future__ import annotations

from http import HTTPStatus

from shim.fake.http import JsonObject

_RATE_LIMITED = (
    "Rate limit exceeded for {}. Please retry after {} seconds. Request capacity: {}. Refill rate: {} per {} seconds."
)

ERRORS: dict[str, tuple[int, str]] = {
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
    "CLUSTER_NAME_INVALID": (
        400,
        "The cluster name {} is invalid. The name can only contain ASCII letters, numbers, and hyphens.",
    ),
    # Known from public test logs: the answer to deleting a protected flex cluster, its parameter a whole sentence.
    "ATLAS_GENERAL_ERROR": (400, "Reason: {}."),
    # Known from public issues and repositories: the path of the 410 is the requested one, without the first slash.
    "VERSION_GONE": (410, "Version {} of {} is no longer available."),
    "INVALID_VERSION_DATE": (406, "Invalid accept header or version date."),
    # Only the code is documented, or known from Atlas' Kubernetes operator; the text is ours.
    "SERVERLESS_INSTANCE_NOT_FOUND": (404, "No serverless instance named {} exists in group {}."),
    "CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API": (
        400,
        "Cluster {} cannot be used in the Serverless Instance API.",
    ),
    "CANNOT_USE_SERVERLESS_INSTANCE_IN_CLUSTER_API": (400, "Serverless instance {} cannot be used in the Cluster API."),
    "CANNOT_TERMINATE_CLUSTER_WHEN_TERMINATION_PROTECTION_ENABLED": (
        400,
        "Cluster {} cannot be terminated while its termination protection is enabled.",
    ),
    "NOT_FOUND": (404, "Serverless instances can no longer be read here."),
    "FEATURE_UNSUPPORTED": (403, "Cluster {} has a tier without these backups."),
    "RESTORE_JOB_NOT_FOUND": (404, "No restore job with ID {} exists for cluster {}."),
    "INVALID_GROUP_ID": (404, "{} is not a valid ID."),
    "INVALID_SNAPSHOT_ID": (404, "{} is not a valid ID."),
    "INVALID_JOB_ID": (404, "{} is not a valid ID."),
    "MALFORMED_JSON": (400, "The request body is not a JSON object."),
    "MISSING_ATTRIBUTE": (400, "Attribute {} is required."),
    "INVALID_ATTRIBUTE": (400, "Attribute {} is not valid here."),
    "INVALID_ENUM_VALUE": (400, "{} is no value of {}."),
    "UNSUPPORTED_DELIVERY_METHOD": (400, "Delivery type {} is not possible for this cluster."),
    # Ours: RFC 7616, 3.4.6 asks for a 400 when the signed uri is not the request target.
    "INVALID_DIGEST_URI": (400, "The uri of the Digest credentials is not the request target."),
}
"""Error codes; to add an error, add a row."""


class AtlasRefusal(Exception):  # noqa: N818 - an answer, not a defect of the program
    """An error answer: a code of ``ERRORS`` and the values for the gaps of its text.

    ``document`` is its JSON body with the members in Atlas' order (alphabetical).
    """

    def __init__(self, code: str, *parameters: object) -> None:
        super().__init__(code)
        self.code = code
        self.status, text = ERRORS[code]
        self.document: JsonObject = {
            "detail": text.format(*parameters),
            "error": self.status,
            "errorCode": code,
            "parameters": list(parameters),
            "reason": HTTPStatus(self.status).phrase,
        }
