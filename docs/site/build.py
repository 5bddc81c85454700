"""Build the documentation site: ``python docs/site/build.py FOLDER`` writes FOLDER/site.

The pages of ``docs/``, a few from elsewhere, and the generated ones are written to
FOLDER/docs. Their links are converted: a link that leaves the site becomes the file's
path in the repository. zensical builds the site, and fails on broken links and anchors.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

from reference import OF_THE_SITE

from shim.core.responses import SITE

ROOT = Path(__file__).resolve().parents[2]

# The sections, and the first pages of each. Other pages follow by title, so a new page
# needs no entry.
ROOMS = {
    "tutorial": ("Tutorial", ()),
    "how-to": (
        "How-to",
        (
            "base-urls",
            "hard-coded-host",
            "trouble",
            "atlas-cli",
            "mocks",
            "deploying",
            "many-callers",
        ),
    ),
    "reference": (
        "Reference",
        (
            *(
                "covered",
                "settings",
                "commands",
                "errors",
                "headers",
                "fields",
                "python",
                "typed-client",
                "operating",
            ),
            *("credentials", "metrics"),
        ),
    ),
    "explanation": ("Explanation", ("why", "fidelity", "unknowns", "trust")),
    "project": ("Project", ("changelog",)),
}

# Pages outside of ``docs/``, where people and tests look for them.
ELSEWHERE = {
    "README.md": "index.md",
    "mappings/README.md": "reference/mapping-documents.md",
    "examples/README.md": "how-to/examples.md",
    "benchmarks/README.md": "explanation/benchmarks.md",
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
}

MADE = {"docs", "theme", "site", ".cache", "zensical.toml"}

FENCED = re.compile(r"^( *```.*?^ *```)", re.DOTALL | re.MULTILINE)
TO_FILE = re.compile(r"\[(?P<label>[^]]+)\]\((?P<target>[^)\s#]+)[^)\s]*\)")
LINK = re.compile(
    r"""(?:\[(?P<name>[\w./-]+\.md))?(?P<before>\]\(|^\[[^]\n]+\]:\ +|\b(?:src|href|srcset)=")(?P<target>[^)\s"]+)""",
    re.MULTILINE,
)
SHALLOW = re.compile(r"^ {1,3}(?:[-*+] |\d+\. |```)\S*|^\n {1,3}\S.*", re.MULTILINE)


def place_files() -> dict[Path, PurePosixPath]:
    """Return each file of the site, with its path below the site's root."""
    docs = ROOT / "docs"
    own = [
        path
        for path in sorted(docs.rglob("*"))
        if path.is_file() and docs / "site" not in path.parents
    ]
    placed = {
        path: PurePosixPath(path.relative_to(docs).as_posix())
        for path in [*own, *OF_THE_SITE]
    }
    return placed | {
        ROOT / name: PurePosixPath(place) for name, place in ELSEWHERE.items()
    }


def read(page: Path) -> str:
    """Return a page's Markdown, generated if no file has it."""
    return OF_THE_SITE[page]() if page in OF_THE_SITE else page.read_text("utf-8")


def find_title(path: Path) -> str:
    """Return a page's title, from its first line.

    :raises SystemExit: for a page with another first line
    """
    heading = re.match(r"# (.+)", read(path))
    if heading is None:
        raise SystemExit(
            f"{path.relative_to(ROOT)}: a page begins with its title, '# …'"
        )
    return heading[1].replace("`", "")


def lead_links(text: str, page: Path, placed: dict[Path, PurePosixPath]) -> str:
    """Return a page's text with the links of the site.

    Links to its pages become relative. A link whose text is a page's file name gets the
    page's title. A file that is not a page is shown by its path.

    :raises SystemExit: for all broken links at once
    """
    dead = []

    def find(name: str) -> Path:
        return Path(os.path.normpath(page.parent / name))

    def name_file(match: re.Match[str]) -> str:
        target = find(match["target"])
        if target in placed or not target.exists():
            return match[0]
        path = target.relative_to(ROOT).as_posix()
        return (
            match["label"]
            if match["label"].strip("`/") == path
            else f"{match['label']} (`{path}`)"
        )

    def lead(match: re.Match[str]) -> str:
        name, mark, anchor = match["target"].partition("#")
        if not name or re.match(r"[a-z]+:", name):
            return match[0]
        target = find(name)
        label = f"[{match['name']}" if match["name"] else ""
        if target in placed:
            name = os.path.relpath(placed[target], placed[page].parent)
            label = label and f"[{find_title(target)}"
        else:
            dead.append(f"{page.relative_to(ROOT)}: the link to {name} is broken")
        return label + match["before"] + name + mark + anchor

    led = LINK.sub(lead, TO_FILE.sub(name_file, text))
    if dead:
        raise SystemExit("\n".join(dead))
    return led


def bare_bars(code: re.Match[str]) -> str:
    """Return code of a table without the backslashes that only the repository's reader needs."""
    return code[0].replace(r"\|", "|")


def adapt(page: Path, placed: dict[Path, PurePosixPath]) -> str:
    """Return a page's Markdown for the site's reader, which is older than the repository's.

    :raises SystemExit: for Markdown that it would read differently without a warning,
    and for broken links
    """
    text = read(page)
    if found := SHALLOW.search(FENCED.sub(lambda code: code[0].splitlines()[0], text)):
        raise SystemExit(
            f"{page.relative_to(ROOT)}: {found[0].strip()!r} is indented by less than four spaces, "
            "which the site's reader does not take as part of the list above"
        )
    parts = FENCED.split(text)  # every second part is code
    for number in range(0, len(parts), 2):
        text = parts[number].replace("<details>", "<details markdown>")
        text = re.sub(
            r"^\|.*",
            lambda row: re.sub(r"`[^`]+`", bare_bars, row[0]),
            text,
            flags=re.MULTILINE,
        )
        parts[number] = lead_links(text, page, placed)
    return "".join(parts)


def navigation(titles: dict[PurePosixPath, str]) -> str:
    """Return the navigation as TOML: the home page, then the rooms that have pages."""
    pages = sorted(titles, key=lambda place: titles[place].casefold())
    rows = ['{ "Home" = "index.md" }']
    for room, (title, first) in ROOMS.items():
        here = [place for place in pages if place.parts[0] == room]
        here.sort(
            key=lambda place: (
                first.index(place.stem) if place.stem in first else len(first)
            )
        )
        if here:
            inner = ", ".join(
                f"{{ {json.dumps(titles[place])} = {json.dumps(str(place))} }}"
                for place in here
            )
            rows.append(f"{{ {json.dumps(title)} = [{inner}] }}")
    return "nav = [\n    " + ",\n    ".join(rows) + ",\n]"


def stage(folder: Path) -> None:
    """Write the project that zensical builds into an empty folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (
        folder / "zensical.toml"
    ).touch()  # marks the folder as ours, also after a failed build
    placed = place_files()
    titles = {}
    for path, place in placed.items():
        target = folder / "docs" / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix != ".md":
            shutil.copyfile(path, target)
            continue
        titles[place] = find_title(path)
        target.write_text(adapt(path, placed), "utf-8")
    shutil.copytree(ROOT / "docs" / "site" / "theme", folder / "theme")
    settings = (ROOT / "zensical.toml").read_text("utf-8")
    head, table, rest = settings.partition("[project]\n")
    ours = [navigation(titles), *([f"site_url = {json.dumps(SITE)}"] if SITE else [])]
    (folder / "zensical.toml").write_text(
        "\n".join([head + table, *ours, rest]), "utf-8"
    )


def build(folder: Path) -> None:
    """Build the site in FOLDER/site, replacing an older one.

    :raises SystemExit: for a page without a title, a broken link or anchor, or a folder
    with other contents
    """
    there = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if there and ("zensical.toml" not in there or there - MADE):
        raise SystemExit(
            f"{folder} contains other files; give an empty folder, or one that this script has created"
        )
    for name in MADE - {"zensical.toml"}:
        shutil.rmtree(folder / name, ignore_errors=True)
    try:
        stage(folder)
    # a page of the Python API mentions every library
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"{error}: install the project with all it can use, pip install -e '.[all]'"
        ) from None
    command = [
        sys.executable,
        "-m",
        "zensical",
        "build",
        "--strict",
        "-f",
        str(folder / "zensical.toml"),
    ]
    if code := subprocess.run(command, check=False).returncode:
        raise SystemExit(code)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python docs/site/build.py FOLDER")
    build(Path(sys.argv[1]).resolve())
