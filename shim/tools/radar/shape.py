"""The shape of a path: the words of the API, and braces for every segment that may be somebody's name.

Only known API words are shown; every other segment becomes {}, since a cluster may have any name.
"""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

_DATA = tomllib.loads(files("shim.tools.radar").joinpath("words.toml").read_text("utf-8"))
BASES, VERBS, NEVER_COLLECTIONS = (frozenset(_DATA[name]) for name in ("bases", "verbs", "never_collections"))
WORDS = BASES | frozenset(_DATA["words"])
BELOW, NAMES_BEHIND = _DATA["below"], _DATA["names_behind"]

NAME = "{}"  # one segment that may be a name
LONGEST = 24  # segments of a shape; the rest becomes one name

_ID = re.compile(r"[0-9a-f]{24}")
_WORD = re.compile(r"[a-z][A-Za-z]{1,39}")


def shape_of(path: str) -> str:
    """Return a raw path with ``{}`` in place of ids, names, numbers and all other segments except Atlas' API words.

    A segment after a collection (``clusters``) is a name, whatever it looks like, unless the API has a fixed word
    there. A segment right after the id of a project or an organisation is always a word, even an unknown one.
    """
    shown: list[str] = []
    names = 0  # that may still follow the last collection
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
            # After a plural there is one name.
            is_plural = word.endswith("s") and word not in NEVER_COLLECTIONS
            collection, names = word, int(NAMES_BEHIND.get(word, is_plural))
            shown.append(word + ending)
        else:
            names = max(0, names - 1)
            shown.append(NAME + ending)
        owner = False
    return "/" + "/".join(shown)
