"""What a program's names may be, and which nodes of the five grammars are what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from shim.scan.texts import HOLE, Text

if TYPE_CHECKING:
    from tree_sitter import Node

Value = tuple[Text, ...]
"""What a text may be: its alternatives; a hole when nothing is known."""

UNKNOWN: Value = (Text(HOLE),)
_MOST = 16
LITERALS = frozenset({
    "interpreted_string_literal", "raw_string_literal", "string", "string_literal", "verbatim_string_literal",
    "template_string", "interpolated_string_expression", "text_block", "character_literal",
    "rune_literal",
})  # fmt: skip
FUNCTIONS = frozenset({
    "function_declaration", "method_declaration", "func_literal", "arrow_function", "function_expression",
    "method_definition", "constructor_declaration", "lambda_expression", "local_function_statement",
    "generator_function_declaration", "compact_constructor_declaration",
})  # fmt: skip
LISTS = frozenset({
    "array", "composite_literal", "array_creation_expression", "implicit_array_creation_expression",
    "array_initializer", "initializer_expression", "collection_expression", "literal_value",
})  # fmt: skip
CALLS = frozenset({
    "call_expression", "method_invocation", "invocation_expression", "new_expression", "object_creation_expression",
})  # fmt: skip
MEMBERS = frozenset({
    "selector_expression", "member_expression", "field_access", "member_access_expression",
    "conditional_access_expression", "method_reference", "qualified_type",
})  # fmt: skip
NAMES = frozenset({
    "identifier", "type_identifier", "property_identifier", "field_identifier", "private_property_identifier",
    "shorthand_property_identifier",
})  # fmt: skip
DECLARING = frozenset({
    "variable_declarator", "const_spec", "var_spec", "short_var_declaration", "assignment_statement",
    "augmented_assignment_expression", "public_field_definition", "field_definition", "property_declaration",
    "enum_assignment",
})  # fmt: skip
GIVING = frozenset({"pair", "keyed_element", "assignment_expression", "element_value_pair"})
COMPARING = frozenset({"==", "===", "!=", "!=="})
BRANCHES = frozenset({
    "if_statement", "for_statement", "while_statement", "switch_statement", "for_in_statement", "try_statement",
    "expression_switch_statement", "switch_expression", "enhanced_for_statement", "foreach_statement", "else_clause",
})  # fmt: skip
TALK = frozenset({
    "comment", "line_comment", "block_comment", "import_declaration", "import_statement", "package_clause",
    "using_directive", "type_annotation", "interface_type", "type_alias_declaration", "tag", "type_arguments",
    "literal_type", "preproc_region", "property_signature", "method_signature", "index_signature",
    "object_type",
    "expression_case_label", "struct_type",
})  # fmt: skip


@attrs.define(eq=False)
class Scope:
    """Names of a function: what each may be, and the list that it may be."""

    names: dict[str, Value] = attrs.field(factory=dict)
    lists: dict[str, Node] = attrs.field(factory=dict)
    outer: Scope | None = None

    @property
    def top(self) -> Scope:
        """The scope of the whole program."""
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope

    def find(self, name: str) -> Value | None:
        """Return what a name may be, None when nobody said."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None

    def listed(self, name: str) -> Node | None:
        """Return the list that a name stands for."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.lists:
                return scope.lists[name]
            scope = scope.outer
        return None

    def holder(self, name: str) -> Scope:
        """Return the scope that a name is of, this one for a new name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope
            scope = scope.outer
        return self


def either(values: Iterable[Value]) -> Value:
    """Return all alternatives, a hole when there are none or too many."""
    found = tuple(dict.fromkeys(one for value in values for one in value))
    return found if 0 < len(found) <= _MOST else UNKNOWN


def hole(value: Value) -> bool:
    """Tell whether nothing is known of a text."""
    return all(one.s == HOLE for one in value)
