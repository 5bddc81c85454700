"""Check the version of a tag against all places that contain it.

``check TAG`` refuses a tag whose section of the CHANGELOG is missing or undated, or
that a place contradicts. ``notes TAG`` prints that section for the page of a release.
``stamp VERSION [DATE]`` writes a version into all places, and dates its section, before
the commit that is tagged.
"""

from __future__ import annotations

import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]

PLACES = {
    "pyproject.toml": (r'^fallback-version = "(.+)\.dev0"$',),
    "deploy/Containerfile": (r"-t atlas-shim:(\S+) \.$", r"^ARG VERSION=(\S+)$"),
    "deploy/compose.yaml": (r"image: \S+/atlas-shim:(\S+)$",),
    "deploy/helm/atlas-shim/Chart.yaml": (r"^version: (\S+)$", r"^appVersion: (\S+)$"),
    "deploy/kustomize/shared/kustomization.yaml": (r"newTag: (\S+)$",),
    "deploy/kustomize/sidecar/kustomization.yaml": (r"newTag: (\S+)$",),
}
"""File -> the patterns with the version as their only group."""

SECTION = re.compile(
    r"^## (\d+\.\d+\.\d+) \((\d{4}-\d{2}-\d{2}|unreleased)\)\n(.*?)(?=^## |\Z)",
    re.MULTILINE | re.DOTALL,
)
"""A section of the CHANGELOG: version, date and text.

A section without a number is not matched.
"""


def newest(changelog: str) -> str:
    """Return the newest version that has a section. Raises SystemExit if none has."""
    found = SECTION.search(changelog)
    if found is None:
        raise SystemExit("CHANGELOG.md: no section is headed «## X.Y.Z (YYYY-MM-DD)»")
    return found[1]


def named(root: Path) -> dict[str, set[str | None]]:
    """Return, for each place, the versions in it; None for a pattern without a match."""
    return {
        f"{name}: {pattern}": set(
            re.findall(pattern, (root / name).read_text("utf-8"), re.MULTILINE)
        )
        or {None}
        for name, patterns in PLACES.items()
        for pattern in patterns
    }


def check(tag: str, root: Path = ROOT) -> str:
    """Return the version of a tag. Raises SystemExit with all problems."""
    if not re.fullmatch(r"v\d+\.\d+\.\d+", tag):
        raise SystemExit(
            f"{tag}: a tag is «v» and a version of three numbers, such as v0.1.0"
        )
    version, changelog = tag[1:], (root / "CHANGELOG.md").read_text("utf-8")
    wrong = []
    if newest(changelog) != version:
        wrong.append(f"CHANGELOG.md: its newest section is {newest(changelog)}")
    elif f"## {version} (unreleased)" in changelog:
        wrong.append("CHANGELOG.md: its section has no date")
    wrong += [
        f"{place} finds {found}"
        for place, found in named(root).items()
        if found != {version}
    ]
    if wrong:
        raise SystemExit(
            "\n".join(
                [
                    f"{tag} can't be released; «.ci/version.py stamp {version}» may help:",
                    *wrong,
                ]
            )
        )
    return version


def notes(tag: str, changelog: str) -> str:
    """Return the section of a tag's version, with each paragraph on one line.

    Links to files become text, because a release's page has no files and shows each
    line break. Raises SystemExit if there is no such section.
    """
    sections = {version: text for version, _, text in SECTION.findall(changelog)}
    if tag[1:] not in sections:
        raise SystemExit(f"CHANGELOG.md: no section of {tag[1:]}")
    lines: list[str] = []
    fenced = False
    for line in sections[tag[1:]].strip().splitlines():
        fence = line.lstrip().startswith("```")
        begins = re.match(r"\s*([-*|#>]|\d+\.\s|```)", line) is not None
        if (
            lines
            and line
            and lines[-1]
            and not (fenced or fence or begins or lines[-1].startswith(("#", "```")))
        ):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
        fenced ^= fence
    return re.sub(r"\[([^\]]+)\]\((?![a-z]+:|#)[^)]+\)", r"\1", "\n".join(lines)) + "\n"


def stamp(version: str, day: str | None = None, root: Path = ROOT) -> None:
    """Write a version into every place, and the day into its section of the CHANGELOG.

    The day is today by default. Raises SystemExit.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise SystemExit(f"{version}: a version has three numbers, such as 0.1.0")
    day = str(date.fromisoformat(day) if day else datetime.now(UTC).date())
    page = root / "CHANGELOG.md"
    text, found = re.subn(
        rf"^## (?:{re.escape(version)} \(\S+\)|\[?Unreleased\]?)$",
        f"## {version} ({day})",
        page.read_text("utf-8"),
        count=1,
        flags=re.MULTILINE,
    )
    if not found:
        raise SystemExit(
            f"CHANGELOG.md: neither a section of {version} nor one that is headed «## Unreleased»"
        )
    page.write_text(text, "utf-8")
    for name, patterns in PLACES.items():
        text = (root / name).read_text("utf-8")
        for pattern in patterns:
            text = re.sub(
                pattern,
                lambda hit: hit[0].replace(hit[1], version),
                text,
                flags=re.MULTILINE,
            )
        (root / name).write_text(text, "utf-8")


if __name__ == "__main__":
    match sys.argv[1:]:
        case "check", tag:
            print(check(tag))
        case "notes", tag:
            print(notes(tag, (ROOT / "CHANGELOG.md").read_text("utf-8")), end="")
        case "stamp", version:
            stamp(version)
        case "stamp", version, day:
            stamp(version, day)
        case _:
            raise SystemExit(__doc__)
