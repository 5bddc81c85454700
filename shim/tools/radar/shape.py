"""What a path has in common with others: the words of the API, and braces for each part that names somebody's own.

What may be shown is told from what is known, and not from what looks like a name: a cluster may be called anything.
"""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

_DATA = tomllib.loads(files("shim.tools.radar").joinpath("words.toml").read_text("utf-8"))
BASES, VERBS, NEVER_COLLECTIONS = (frozenset(_DATA[name]) for name in ("bases", "verbs", "never_collections"))
WORDS = BASES | frozenset(_DATA["words"])
BELOW, NAMES_BEHIND = _DATA["below"], _DATA["names_behind"]

NAME = "{}"
"""Stands for one segment that is somebody's own."""

LONGEST = 24
"""Segments of a shape; what is behind them becomes one name."""

_ID = re.compile(r"[0-9a-f]{24}")
_WORD = re.compile(r"[a-z][A-Za-z]{1,39}")


def shape_of(path: str) -> str:
    """Return a raw path with ``{}`` in place of ids, names, numbers and all else that is no word of Atlas' API.

    A segment behind a collection (``clusters``) is a name, whatever it reads like, unless the API has a fixed word
    there. Directly behind the id of a project or an organisation there is always a word, so that a new one is shown.
    """
    shown: list[str] = []
    names = 0  # that are still to come behind the last collection
    owner = False
    collection = ""
    for segment in filter(None, path.split("/")[: LONGEST + 1]):
        word, colon, verb = segment.partition(":")
        ending = f":{verb}" if colon and verb in VERBS else ""
        is_verb_of_name = bool(ending) and word not in WORDS
        if not shown or (shown[-1] in BASES and word in BASES):
            shown.append(word if word in BASES else NAME)
            collection = ""
            continue
        if names and word not in BELOW.get(collection, ()):
            names -= 1
            owner = collection in {"groups", "orgs"} and _ID.fullmatch(word) is not None
            shown.append(NAME + ending)
            continue
        if (word in WORDS and not is_verb_of_name) or (owner and _WORD.fullmatch(segment)):
            collection, names = word, _names_behind(word)
            shown.append(word + ending)
        else:
            names = max(0, names - 1)
            shown.append(NAME + ending)
        owner = False
    return "/" + "/".join(shown)


def _names_behind(word: str) -> int:
    """Return how many segments behind a word may be names: one, where it is a plural."""
    plural = word.endswith("s") and word not in NEVER_COLLECTIONS
    return int(NAMES_BEHIND.get(word, plural))
