# ruff: noqa: N999 - the name that PyInstaller looks for
"""The files that PyInstaller can't find: late imports and mapping documents."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

_TOOLS = (
    "shim.cli",
    "shim.fake",
    "shim.front",
    "shim.gateway",
    "shim.testing",
    "shim.tools.pairs",
    "shim.tools.scan",
)

datas = collect_data_files("shim", excludes=["**/*.pyi"])
hiddenimports = collect_submodules(
    "shim", filter=lambda name: not name.startswith(_TOOLS), on_error="ignore"
)
