"""Names, credentials and dates of the demo world; the credentials are made up."""

from __future__ import annotations

from datetime import UTC, datetime

DEMO_GROUP = "6510aa1b2c3d4e5f60718293"
"""The group (project) of the demo world."""

DEMO_CLUSTER = "orders"
"""A flex cluster that was a serverless instance; it has 8 snapshots and a finished restore."""

DEMO_DEDICATED = "warehouse"
"""A dedicated (M10+) cluster of the same group."""

DEMO_PUBLIC_KEY = "demokeys"
DEMO_PRIVATE_KEY = "00000000-demo-demo-demo-000000000000"
DEMO_CLIENT_ID = "mdb_sa_id_000000000000000000000000"
DEMO_CLIENT_SECRET = "mdb_sa_sk_demo"  # noqa: S105 - made up
DEMO_TOKEN = "demo-access-token"  # noqa: S105 - made up; it never expires

BACKUP_SUNSET = datetime(2026, 1, 22, tzinfo=UTC)
"""From this instant the serverless and shared-tier backup endpoints, and writes of instances, answer 410."""

INSTANCES_BLANK = datetime(2026, 1, 15, tzinfo=UTC)
"""From this instant reads of serverless instances answer as if no instance existed (by the specification)."""

INSTANCE_SUNSET = datetime(2027, 1, 18, tzinfo=UTC)
"""From this instant reads of serverless instances answer 410."""
