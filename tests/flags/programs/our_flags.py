"""A provider of the program's own, which needs a moment for each evaluation."""

import os
import time
from typing import Any

from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import FlagResolutionDetails
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider


def provider() -> InMemoryProvider:
    """Return a provider whose flag is VALUE for PROJECT, and successor for others."""
    flag: InMemoryFlag[str] = InMemoryFlag("x", {"x": "x"}, context_evaluator=_value)
    return InMemoryProvider({"atlas-route": flag})


def _value(flag: Any, context: EvaluationContext) -> FlagResolutionDetails[str]:
    time.sleep(0.3)
    is_ours = context.targeting_key == os.environ["PROJECT"]
    return FlagResolutionDetails(os.environ["VALUE"] if is_ours else "successor")
