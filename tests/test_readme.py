"""The README's Python runs as printed, and each command on a page exists with its options."""

import re
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path

import click
import httpx
import pytest

from shim.cli import main
from shim.fake import (
    DEMO_CLUSTER,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    FakeAtlas,
)
from shim.gateway.options import Options

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [
    # The changelog may name removed files.
    *(path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"),
    *(
        path
        for folder in ("docs", "mappings", "examples", "benchmarks")
        for path in (ROOT / folder).rglob("*.md")
    ),
]


@pytest.fixture
def atlas(monkeypatch):
    """A fake Atlas that replies at every host, without a socket, and its key in the environment."""
    fake = FakeAtlas()

    def answer(self, request):
        assert request.url.host == "cloud.mongodb.com"
        target = request.url.raw_path.decode("ascii")
        reply = fake.handle(
            request.method, target, request.headers.multi_items(), request.read()
        )
        return httpx.Response(
            reply.status, headers=list(reply.headers), content=reply.body
        )

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", answer)
    monkeypatch.setenv("MONGODB_ATLAS_PUBLIC_API_KEY", DEMO_PUBLIC_KEY)
    monkeypatch.setenv("MONGODB_ATLAS_PRIVATE_API_KEY", DEMO_PRIVATE_KEY)


def blocks(language, text=README):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


VARIABLES = {
    "public_key": DEMO_PUBLIC_KEY,
    "private_key": DEMO_PRIVATE_KEY,
    "group_id": DEMO_GROUP,
    "cluster_name": DEMO_CLUSTER,
}


def test_each_readme_example_has_a_test_here():
    """A block that is added needs a test below."""
    assert len(blocks("python")) == 1
    assert len(blocks("sh")) == 3


def test_the_changed_import(atlas, capsys):
    """The example prints the snapshots in the legacy shape, and the fields that are not exact."""
    exec(blocks("python")[0], dict(VARIABLES))
    shown = capsys.readouterr().out
    assert shown.count("'status': 'completed'") == 8
    assert "'absent': ('storageSizeBytes',)" in shown


def test_each_installed_extra_is_declared():
    """Extras and programs of the README's commands are those of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {
        name
        for names in re.findall(r"\[([a-z,]+)\][`']", README)
        for name in names.split(",")
    }
    rows = README.partition("| extra |")[2].partition("\n\n")[0].splitlines()[2:]
    extras.update(
        name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[-2])
    )
    assert (
        {"all", "gateway", "requests", "test"}
        <= extras
        <= project["optional-dependencies"].keys()
    )
    programs = set(re.findall(r"\.venv/bin/(\S+)", "".join(blocks("sh"))))
    assert programs == {"pip", "pytest", *project["scripts"]}


def test_the_gateway_listens_at_the_readmes_addresses():
    """Its two addresses are the defaults."""
    options = Options()
    assert options.admin is not None
    assert (
        f"# {options.listen.authority}, admin on {options.admin.authority} "
        in blocks("sh")[1]
    )


@pytest.mark.parametrize(
    "page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_commands_and_their_options_exist(page):
    """Each ``atlas-shim COMMAND --option`` in code belongs to the command."""
    text = page.read_text("utf-8").replace("\\\n", " ")
    lines = [
        line
        for block in re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
    ]
    lines += re.findall(r"`([^`\n]+)`", text) + re.findall(
        r"^    (\S.*)$", text, re.MULTILINE
    )
    context = click.Context(main)
    for line in lines:
        if re.match(
            r"(?:sudo )?(?:docker|helm|kubectl|podman|systemctl|journalctl)\b", line
        ):
            continue  # atlas-shim is a name in it
        for said in re.findall(r"(?:^|[\s/])atlas-shim((?: +[^\s&|;#]+)+)", line):
            name, *words = said.split()
            command = main.get_command(context, name)
            while (
                isinstance(command, click.Group)
                and words
                and words[0] in command.commands
            ):
                command = command.commands[words.pop(0)]
            assert command is not None, line
            options = {
                word for parameter in command.params for word in parameter.opts
            } | {"--help"}
            if "--" in words:
                words = words[: words.index("--")]
            assert {
                word.partition("=")[0] for word in words if re.match("--?[a-z]", word)
            } <= options, line


@pytest.mark.parametrize(
    "page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_links_are_valid(page):
    """Each relative link of a page refers to a file, and its anchor, if any, to a heading there."""
    links = [
        link.partition("#")
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    ]
    inner = [
        (page.parent / name if name else page, anchor)
        for name, _, anchor in links
        if "://" not in name
    ]
    assert not [path for path, _ in inner if not path.exists()]
    assert not [
        (path, anchor)
        for path, anchor in inner
        if anchor and anchor not in anchors(path)
    ]


@pytest.mark.parametrize(
    "page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_files_and_modules_named_on_a_page_exist(page):
    """Each path of the project in code exists, and each dotted name: a module, or a name in one."""
    text = page.read_text("utf-8")
    paths = re.findall(
        r"(?:`|bin/pytest )((?:shim|tests|docs|mappings|benchmarks|examples|\.ci)/[\w./-]*)`",
        text,
    )
    assert not [path for path in paths if not (ROOT / path).exists()]
    names = re.findall(
        r"(?:`|python -m )((?:shim|tests|benchmarks)(?:\.(?!toml\b)\w+)+)", text
    )
    assert not [
        name
        for name in names
        if not (is_module(name) or in_module(*name.rpartition(".")[::2]))
    ]


@cache
def anchors(path):
    """Return the anchors of a page's headings on the repository's site: letters, digits and hyphens in lower case."""
    text = re.sub(
        r"^ *```.*?^ *```", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }


def is_module(name):
    path = ROOT / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").exists()


def in_module(module, name):
    path = ROOT / module.replace(".", "/")
    if path.is_dir():
        path = path / "__init__.py"
    else:
        path = path.with_suffix(".py")
    if not path.exists():
        return False
    return re.search(rf"\b{name}\b", path.read_text("utf-8")) is not None or hasattr(
        import_module(module), name
    )
