"""Atlas' errors: code, status and text, as recorded or as documented where no recording exists."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any


class Refusal(Exception):  # noqa: N818 - an answer, not a defect of the program
    """An error answer; ``document`` is its JSON body with the members in Atlas' order (alphabetical)."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *parameters: object,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.headers = headers
        self.document: dict[str, Any] = {
            "detail": detail,
            "error": status,
            "errorCode": code,
            "parameters": list(parameters),
            "reason": HTTPStatus(status).phrase,
        }


class Bare(Exception):  # noqa: N818 - an answer, not a defect of the program
    """An error answer without content, as the HTTP layer below Atlas' resources gives it."""

    def __init__(self, status: int, *headers: tuple[str, str]) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers


def no_group(group: str) -> Refusal:
    """404 GROUP_NOT_FOUND (recorded)."""
    return Refusal(404, "GROUP_NOT_FOUND", f"No group with ID {group} exists.", group)


def no_cluster(name: str, group: str) -> Refusal:
    """404 CLUSTER_NOT_FOUND (recorded)."""
    detail = f"No cluster named {name} exists in group {group}."
    return Refusal(404, "CLUSTER_NOT_FOUND", detail, name, group)


def no_instance(name: str, group: str) -> Refusal:
    """404 SERVERLESS_INSTANCE_NOT_FOUND (the code is known from Atlas' operator, the text is ours)."""
    detail = f"No serverless instance named {name} exists in group {group}."
    return Refusal(404, "SERVERLESS_INSTANCE_NOT_FOUND", detail, name, group)


def not_flex(name: str) -> Refusal:
    """400 CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API (recorded)."""
    detail = f"Cannot use non-flex cluster {name} in the flex API."
    return Refusal(400, "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API", detail, name)


def not_dedicated(name: str) -> Refusal:
    """400 CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API (recorded)."""
    detail = f"Flex cluster {name} cannot be used in the Cluster API."
    return Refusal(400, "CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API", detail, name)


def not_serverless(name: str) -> Refusal:
    """400 CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API (known from Atlas' operator, the text is ours)."""
    detail = f"Cluster {name} cannot be used in the Serverless Instance API."
    return Refusal(400, "CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API", detail, name)


def no_backups(name: str) -> Refusal:
    """403 FEATURE_UNSUPPORTED, for a free cluster (documented code, status and text unverified)."""
    return Refusal(403, "FEATURE_UNSUPPORTED", f"Cluster {name} has a tier without backups.", name)


def no_flex_snapshot(snapshot: str, cluster: str) -> Refusal:
    """404 TENANT_SNAPSHOT_NOT_FOUND (documented)."""
    detail = f"No Flex snapshot with ID {snapshot} exists for cluster {cluster}."
    return Refusal(404, "TENANT_SNAPSHOT_NOT_FOUND", detail, snapshot, cluster)


def no_flex_job(job: str, cluster: str) -> Refusal:
    """404 TENANT_RESTORE_NOT_FOUND (documented)."""
    detail = f"No Flex restore with ID {job} exists for cluster {cluster}."
    return Refusal(404, "TENANT_RESTORE_NOT_FOUND", detail, job, cluster)


def no_snapshot(snapshot: str, cluster: str) -> Refusal:
    """404 SNAPSHOT_NOT_FOUND (documented)."""
    detail = f"No snapshot with ID {snapshot} exists for cluster {cluster}."
    return Refusal(404, "SNAPSHOT_NOT_FOUND", detail, snapshot, cluster)


def no_job(job: str, cluster: str) -> Refusal:
    """404 RESTORE_JOB_NOT_FOUND (documented code, the text is ours)."""
    detail = f"No restore job with ID {job} exists for cluster {cluster}."
    return Refusal(404, "RESTORE_JOB_NOT_FOUND", detail, job, cluster)


def no_resource(path: str) -> Refusal:
    """404 RESOURCE_NOT_FOUND (recorded for other resources)."""
    return Refusal(404, "RESOURCE_NOT_FOUND", f"Cannot find resource {path}.", path)


def bad_id(code: str, value: str) -> Refusal:
    """404 INVALID_GROUP_ID, INVALID_SNAPSHOT_ID or INVALID_JOB_ID (documented codes, the text is ours)."""
    return Refusal(404, code, f"{value} is not a valid ID.", value)


def bad_query(name: str) -> Refusal:
    """400 INVALID_QUERY_PARAMETER (documented)."""
    return Refusal(400, "INVALID_QUERY_PARAMETER", f"Invalid query parameter {name} specified.", name)


def bad_json() -> Refusal:
    """400 MALFORMED_JSON (documented code, the text is ours)."""
    return Refusal(400, "MALFORMED_JSON", "The request body is not a JSON object.")


def missing(name: str) -> Refusal:
    """400 MISSING_ATTRIBUTE (documented code, the text is ours)."""
    return Refusal(400, "MISSING_ATTRIBUTE", f"Attribute {name} is required.", name)


def bad_attribute(name: str) -> Refusal:
    """400 INVALID_ATTRIBUTE (documented code, the text is ours)."""
    return Refusal(400, "INVALID_ATTRIBUTE", f"Attribute {name} is not valid here.", name)


def bad_word(name: str, word: str) -> Refusal:
    """400 INVALID_ENUM_VALUE (documented code, the text is ours)."""
    return Refusal(400, "INVALID_ENUM_VALUE", f"{word} is no value of {name}.", word, name)


def bad_delivery(word: str) -> Refusal:
    """400 UNSUPPORTED_DELIVERY_METHOD (documented code, the text is ours)."""
    detail = f"Delivery type {word} is not possible for this cluster."
    return Refusal(400, "UNSUPPORTED_DELIVERY_METHOD", detail, word)


def no_version() -> Refusal:
    """406 INVALID_VERSION_DATE (measured by two public repositories)."""
    return Refusal(406, "INVALID_VERSION_DATE", "Invalid accept header or version date.")


def version_gone(version: str, path: str) -> Refusal:
    """410 VERSION_GONE (text from public issues: the concrete path, no leading slash)."""
    path = path.lstrip("/")
    detail = f"Version {version} of {path} is no longer available."
    return Refusal(410, "VERSION_GONE", detail, version, path)


def too_many(path: str, wait: int, capacity: int, refill: int, period: int) -> Refusal:
    """429 RATE_LIMITED_TOKEN_BUCKET (documented); ``wait`` and ``period`` are in seconds."""
    path = path.lstrip("/")
    detail = (
        f"Rate limit exceeded for {path}. Please retry after {wait} seconds. "
        f"Request capacity: {capacity}. Refill rate: {refill} per {period} seconds."
    )
    return Refusal(
        429,
        "RATE_LIMITED_TOKEN_BUCKET",
        detail,
        path,
        wait,
        capacity,
        refill,
        period,
        headers=(("Retry-After", str(wait)),),
    )


def bad_digest_uri() -> Refusal:
    """400, as RFC 7616, 3.4.6 asks when the signed uri is not the one that was requested."""
    return Refusal(400, "INVALID_DIGEST_URI", "The uri of the Digest credentials is not the request target.")
