"""The last part of a draft: it is loaded, its pairs are run through it, and it says what came of that."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from shim.core.recognise import Engine
from shim.documents import load_documents
from shim.draft.comparing import FieldLine, compare
from shim.draft.pairs import Pair
from shim.draft.plans import shown
from shim.draft.replay import Replayed, replay
from shim.draft.writing import DocumentPlan, write


def written(plan: DocumentPlan, pairs: Sequence[Pair]) -> str:
    """Return the document of a plan, with what its pairs say of each rule.

    Raises DocumentError when it can't be loaded, which is a defect of the draft.
    """
    text = write(plan)
    with TemporaryDirectory() as folder:
        file = Path(folder, "draft.toml")
        file.write_text(text, "utf-8")
        engine = Engine(load_documents([file]))
    if not pairs:
        return text
    replayed = replay(engine, pairs)
    own = [one for one in replayed if one.operation]
    lines = compare(own)
    proof = {
        operation.id: {
            line.field: (line.equal, line.total)
            for line in compare([one for one in own if one.operation == operation.id])
            if line.total
        }
        for operation in plan.operations
    }
    return write(plan, proof, list(_said(own, len(replayed) - len(own), lines)))


def _said(own: Sequence[Replayed], others: int, lines: Sequence[FieldLine]) -> list[str]:
    """Return what the pairs say of the document as a whole."""
    bad = [line for line in lines if not line.good]
    wrong = {one.pair.line for one in own if one.problem}
    absent = [line.field for line in lines if line.absent and line.only_old]
    but = f", but for what is absent: {', '.join(absent)}" if absent else ""
    said = []
    if own and not bad and not wrong:
        said.append(f"All {len(own)} recorded pairs are translated to what was there{but}.")
    elif own:
        said.append(f"Of {len(own)} recorded pairs not all are translated to what was there:")
        said += [
            f"  {line.field}: line {line.line} has {shown(line.expected)}, made was {shown(line.got)}" for line in bad
        ]
        said += [f"  line {one.pair.line} {one.problem}" for one in own if one.problem][:5]
    if others:
        many = "other pairs are" if others != 1 else "other pair is"
        said.append(f"{others} {many} of other operations or versions.")
    return said
