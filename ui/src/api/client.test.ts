import { expect, test } from "vitest";
import { ApiError } from "./client";

test("beside the input at fault, a message goes without the name of the parameter", () => {
  expect(new ApiError("q: at character 8: expected an operator", 400, "q").reason).toBe("at character 8: expected an operator");
  expect(new ApiError("q: at character 8", 400).reason).toBe("q: at character 8");
  expect(new ApiError("too many", 400, "q").reason).toBe("too many");
});
