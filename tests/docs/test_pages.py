"""The player of pages sees what it is there to see: other output, other exit codes, an end before the last block."""

import pytest

from tests.docs.pages import blocks, matches, play

SESSION = """
```sh
name=world; sh -c 'exit 4'  # exit code 4
```

Save this as `greet.sh`:

```bash
echo hello $1
```

```sh
sh greet.sh $name; echo; date
```

```text
hello …

…
```
"""


def played(folder, text):
    (folder / "page.md").write_text(text, "utf-8")
    (folder / "reader").mkdir()
    play(folder / "page.md", folder / "reader")


def test_a_page_is_one_session(tmp_path):
    """A variable lives on, a file of the page is there, what is shown is compared, and a failure may be announced."""
    played(tmp_path, SESSION)
    assert (tmp_path / "reader" / "greet.sh").read_text("utf-8") == "echo hello $1\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```sh\necho one\n```\n```text\ntwo\n```\n", "-two"),
        ("```sh\nfalse\n```\n", "exit codes"),
        ("```sh\ntrue  # exit code 1\n```\n", "exit codes"),
        ("```sh\nexit 0\n```\n", "ended early"),
        ("```bash\nkubectl get pods\n```\n", "no block"),
    ],
)
def test_what_is_wrong_is_reported(tmp_path, text, said):
    """Output, exit codes, the end of the shell, and a page that would be played for nothing."""
    with pytest.raises(AssertionError, match=said):
        played(tmp_path, text)


def test_dots_stand_for_what_is_left_out():
    """Within a line for a part of it, alone for any number of lines, none included; everything else to the letter."""
    assert matches("a … c\n…\nend\n", "a b c\nmore\nand more\nend\n")
    assert matches("first\n…\n", "first\n")
    assert not matches("a …\n", "a b\nc\n")
    assert not matches("a.c\n", "abc\n")


def test_only_an_announced_file_is_one():
    """A block of another language without a name is something to look at."""
    found = list(blocks("Like this:\n\n```toml\na = 1\n```\nInto `b.toml`:\n```toml\nb = 2\n```\n"))
    assert [block.file for block in found] == ["", "b.toml"]
