"""Jaeger's sampler `const`: all traces, or none."""

from clew.sdk.jaeger_sampler import JaegerSampler, Tags, tags_of


class ConstSampler(JaegerSampler):
    """The same decision for each trace."""

    def __init__(self, decision: bool) -> None:
        self.decision = decision
        self._tags = tags_of("const", True) if decision else None

    def choose(self, trace_id: int, operation: str) -> Tags | None:
        return self._tags

    def get_description(self) -> str:
        return f"ConstSampler{{{self.decision}}}"
