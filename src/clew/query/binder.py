"""Parameters of a statement: whatever a person typed goes to the engine beside the text, never in it."""

from typing import Any


class Binder:
    """Collects values; each gets a placeholder of its own."""

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}

    def bind(self, value: Any, kind: str) -> str:
        """The placeholder of a value of a type of the engine, for example `String`."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"{{{name}:{kind}}}"

    def binary(self, value: bytes) -> str:
        """An expression for any bytes; as text they would have to be UTF-8."""
        return f"unhex({self.bind(value.hex(), 'String')})"

    def binaries(self, values: list[bytes]) -> str:
        """An expression for an array of any bytes."""
        return f"arrayMap(form -> unhex(form), {self.bind([value.hex() for value in values], 'Array(String)')})"
