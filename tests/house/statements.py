"""SQL lives in .sql files."""

import ast
import re
from pathlib import Path

from tests.house.project_files import docstrings_of, list_python, parse

# Folders whose SQL is not Clew's own, with the reason.
OTHER_SQL = {
    "src/clew/demo/": "the shop is an ordinary application with a small database of its own",
}
_STATEMENT = re.compile(
    r"""^\s*(select\b.*\bfrom\b|with\b.*\bselect\b|insert\s+into\b|delete\s+from\b|alter\s+table\b|optimize\s+table\b|truncate\s+table\b
    |(create|drop|attach|detach|exchange|rename)\s+(or\s+replace\s+)?(temporary\s+)?(table|database|materialized|view|dictionary)\b)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_EMBEDDED = re.compile(r"\bSELECT\b.+\bFROM\b|\bINSERT INTO\b", re.DOTALL)


def _texts(tree: ast.Module) -> list[tuple[int, str]]:
    """Line and text of each string that is no docstring; an f-string is one text, its values left out."""
    skipped = docstrings_of(tree)
    texts = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
            parts = [str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values]
            texts.append((node.lineno, "".join(parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            texts.append((node.lineno, node.value))
    return texts


def find_sql_in_python(root: Path) -> list[str]:
    """String literals in src that are SQL statements."""
    modules = [name for name in list_python(root, "src") if not name.startswith(tuple(OTHER_SQL))]
    texts = ((name, line, text) for name in modules for line, text in _texts(parse(root, name)))
    return [
        f"{name}:{line} a statement belongs in a .sql file: {text.strip()[:60]!r}"
        for name, line, text in texts
        if _STATEMENT.search(text) or _EMBEDDED.search(text)
    ]
