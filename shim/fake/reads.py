"""The handlers of GET: find, order, and show in the shape of the API that was asked."""

from __future__ import annotations

from shim.fake import shapes
from shim.fake.asking import Ask, Result
from shim.fake.world import Cluster, Document


def _text(document: Document, *names: str) -> str:
    return next((str(document[name]) for name in names if document.get(name)), "")


def legacy_snapshots(ask: Ask) -> Result:
    """Serverless snapshots, newest first (documented)."""
    cluster = ask.serverless()
    shown = [shapes.legacy_snapshot(cluster, each, ask.view) for each in cluster.snapshots]
    return Result(sorted(shown, key=lambda each: _text(each, "createdAt"), reverse=True))


def legacy_snapshot(ask: Ask) -> Result:
    """One serverless snapshot."""
    cluster = ask.serverless()
    return Result(shapes.legacy_snapshot(cluster, ask.snapshot(cluster), ask.view))


def legacy_jobs(ask: Ask) -> Result:
    """Serverless restore jobs, newest first."""
    cluster = ask.serverless()
    return Result([shapes.legacy_job(cluster, each, ask.view) for each in reversed(cluster.jobs)])


def legacy_job(ask: Ask) -> Result:
    """One serverless restore job."""
    cluster = ask.serverless()
    return Result(shapes.legacy_job(cluster, ask.job(cluster), ask.view))


def instances(ask: Ask) -> Result:
    """Serverless instances of a group: those that a flex cluster backs."""
    return Result([shapes.instance(each, ask.view) for each in _flex_of(ask)])


def instance(ask: Ask) -> Result:
    """One serverless instance."""
    return Result(shapes.instance(ask.serverless(), ask.view))


def flex_snapshots(ask: Ask) -> Result:
    """Flex snapshots, oldest scheduledTime first (104 of 104 recorded lists)."""
    cluster = ask.flex()
    ordered = sorted(cluster.snapshots, key=lambda each: _text(each, "scheduledTime"))
    return Result([shapes.flex_snapshot(cluster, each, ask.view) for each in ordered])


def flex_snapshot(ask: Ask) -> Result:
    """One flex snapshot."""
    cluster = ask.flex()
    return Result(shapes.flex_snapshot(cluster, ask.snapshot(cluster), ask.view))


def flex_jobs(ask: Ask) -> Result:
    """Flex restore jobs, newest first (103 of 103 recorded lists)."""
    cluster = ask.flex()
    return Result([shapes.flex_job(cluster, each, ask.view) for each in reversed(cluster.jobs)])


def flex_job(ask: Ask) -> Result:
    """One flex restore job."""
    cluster = ask.flex()
    return Result(shapes.flex_job(cluster, ask.job(cluster), ask.view))


def flex_clusters(ask: Ask) -> Result:
    """The flex clusters of a group."""
    return Result([shapes.flex_cluster(each, ask.view) for each in _flex_of(ask)])


def flex_cluster(ask: Ask) -> Result:
    """One flex cluster."""
    return Result(shapes.flex_cluster(ask.flex(), ask.view))


def dedicated_snapshots(ask: Ask) -> Result:
    """Dedicated snapshots, newest first; those without createdAt, still being taken, before all."""
    cluster = ask.backed_up()
    ordered = sorted(
        cluster.snapshots,
        key=lambda each: (not each.get("createdAt"), _text(each, "createdAt", "id")),
        reverse=True,
    )
    return Result([shapes.dedicated_snapshot(cluster, each, ask.view) for each in ordered])


def dedicated_snapshot(ask: Ask) -> Result:
    """One dedicated snapshot."""
    cluster = ask.backed_up()
    return Result(shapes.dedicated_snapshot(cluster, ask.snapshot(cluster), ask.view))


def dedicated_jobs(ask: Ask) -> Result:
    """Dedicated restore jobs, newest first."""
    cluster = ask.backed_up()
    return Result([shapes.dedicated_job(cluster, each, ask.view) for each in reversed(cluster.jobs)])


def dedicated_job(ask: Ask) -> Result:
    """One dedicated restore job."""
    cluster = ask.backed_up()
    return Result(shapes.dedicated_job(cluster, ask.job(cluster), ask.view))


def dedicated_cluster(ask: Ask) -> Result:
    """One cluster that is not a flex cluster."""
    return Result(shapes.dedicated_cluster(ask.dedicated(), ask.view))


def _flex_of(ask: Ask) -> list[Cluster]:
    return [each for each in ask.world.clusters(ask.group).values() if each.tier == "flex"]
