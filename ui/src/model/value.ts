import type { AnyValue, KeyValue } from "./otlp";

export type ValueKind = "string" | "int" | "double" | "bool" | "bytes" | "array" | "map" | "empty";

export function valueKind(value: AnyValue | undefined): ValueKind {
  if (value === undefined) return "empty";
  if (value.stringValue !== undefined) return "string";
  if (value.intValue !== undefined) return "int";
  if (value.boolValue !== undefined) return "bool";
  if (value.doubleValue !== undefined) return "double";
  if (value.bytesValue !== undefined) return "bytes";
  if (value.arrayValue !== undefined) return "array";
  if (value.kvlistValue !== undefined) return "map";
  return "empty";
}

/** The value as one text: scalars as they are, lists and maps as JSON, bytes as base64. */
export function valueText(value: AnyValue | undefined): string {
  switch (valueKind(value)) {
    case "string":
      return value!.stringValue!;
    case "int":
      return String(value!.intValue);
    case "bool":
      return String(value!.boolValue);
    case "double":
      return String(value!.doubleValue);
    case "bytes":
      return value!.bytesValue!;
    case "empty":
      return "";
    default:
      return nestedText(value!, "");
  }
}

/** Can `key=value` be typed into the search page and find this very value? */
export function isSearchable(value: AnyValue | undefined): boolean {
  const kind = valueKind(value);
  return kind === "string" || kind === "int" || kind === "bool" || kind === "double";
}

// JSON is written by hand because a 64-bit integer must keep all its digits, which a JavaScript number would not.
function nestedText(value: AnyValue, indent: string): string {
  const inner = indent + "  ";
  const kind = valueKind(value);
  if (kind === "array") {
    const items = value.arrayValue?.values ?? [];
    if (items.length === 0) return "[]";
    return `[\n${items.map((item) => inner + nestedText(item, inner)).join(",\n")}\n${indent}]`;
  }
  if (kind === "map") {
    const entries = value.kvlistValue?.values ?? [];
    if (entries.length === 0) return "{}";
    const lines = entries.map((entry) => `${inner}${JSON.stringify(entry.key)}: ${nestedText(entry.value ?? {}, inner)}`);
    return `{\n${lines.join(",\n")}\n${indent}}`;
  }
  if (kind === "empty") return "null";
  return kind === "string" || kind === "bytes" ? JSON.stringify(valueText(value)) : valueText(value);
}

export function findAttribute(attributes: KeyValue[] | undefined, key: string): string | undefined {
  const found = attributes?.find((attribute) => attribute.key === key);
  return found && valueText(found.value);
}
