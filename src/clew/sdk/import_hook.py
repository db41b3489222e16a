"""Gives modules spans while they are imported; a module for which that fails is imported as it is."""

import ast
import logging
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

from clew.sdk.function_patterns import FunctionPatterns
from clew.sdk.in_place import trace_module
from clew.sdk.rewriting import Rewriting

_LOG = logging.getLogger(__name__)


class SpanFinder(MetaPathFinder):
    """Asks the other finders, and lets a module that patterns choose from be loaded with spans."""

    def __init__(self, patterns: FunctionPatterns) -> None:
        self._patterns = patterns

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not self._patterns.may_choose_in(fullname):
            return None
        for finder in sys.meta_path:
            if finder is not self and not isinstance(finder, SpanFinder):
                spec = finder.find_spec(fullname, path, target)
                if spec is not None:
                    self._prepare(spec)
                    return spec
        return None

    def _prepare(self, spec: ModuleSpec) -> None:
        loader = spec.loader
        if type(loader) is SourceFileLoader:
            spec.loader = RewritingLoader(loader.name, loader.path, self._patterns)
        elif hasattr(loader, "exec_module") and not isinstance(loader, type | ExtensionFileLoader):
            spec.loader = _AfterwardsLoader(loader, self._patterns)


class RewritingLoader(SourceFileLoader):
    """Python's own in all but the code, so that whatever asks it, `runpy` and `inspect` too, gets the usual answers."""

    def __init__(self, fullname: str, path: str, patterns: FunctionPatterns) -> None:
        super().__init__(fullname, path)
        self._patterns = patterns

    def get_code(self, fullname: str) -> CodeType | None:
        code = None
        try:
            code = rewritten_code(self.get_data(self.path), self.path, fullname, self._patterns)
        except Exception as error:  # noqa: BLE001  # tracing must not be what an import fails for
            _LOG.warning("%s is imported without spans: its source can't be rewritten (%r)", fullname, error)
        return super().get_code(fullname) if code is None else code


def rewritten_code(source: bytes, path: str, module: str, patterns: FunctionPatterns) -> CodeType | None:
    """None when no function of the module is chosen; then its cached code does. Raises what parsing raises."""
    rewriting = Rewriting(lambda function: patterns.chooses(module, function))
    tree = rewriting.rewrite(ast.parse(source, path))
    if not rewriting.functions:
        return None
    code: CodeType = compile(tree, path, "exec", dont_inherit=True)
    return code


class _AfterwardsLoader(Loader):
    """For modules that don't come from plain files, such as those in archives: spans come after they are loaded."""

    def __init__(self, loader: Any, patterns: FunctionPatterns) -> None:
        self._loader = loader
        self._patterns = patterns

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """The loader that was there is the module's again before its code runs."""
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        trace_module(module, self._patterns)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
