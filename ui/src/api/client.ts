/** One way to talk to the server: JSON, and errors that say what happened. */

const BASE = "/api/clew/v1";

export class ApiError extends Error {
  constructor(
    message: string,
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    /** The request parameter at fault, when the server names one. */
    readonly key: string | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** The message for a place that shows which input is at fault: without the parameter's name, which people never typed. */
  get reason(): string {
    const prefix = `${this.key}: `;
    return this.key !== null && this.message.startsWith(prefix) ? this.message.slice(prefix.length) : this.message;
  }
}

export function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return askJson<T>(path, { signal, headers: { accept: "application/json" } });
}

/** Changes something; `body` is left out where there is none. */
export function sendJson<T>(method: "PUT" | "DELETE", path: string, body?: object): Promise<T> {
  const headers = { accept: "application/json", ...(body && { "content-type": "application/json" }) };
  return askJson<T>(path, { method, headers, body: body && JSON.stringify(body) });
}

async function askJson<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(BASE + path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError("The Clew server does not answer.", 0);
  }
  if (!response.ok) throw await readError(response);
  try {
    return (await response.json()) as T;
  } catch {
    throw new ApiError("The server's answer is not JSON. Is something other than Clew listening there?", response.status);
  }
}

async function readError(response: Response): Promise<ApiError> {
  const fallback = `The server answered ${response.status} ${response.statusText}`.trim();
  try {
    const body = (await response.json()) as { error?: { message?: string; key?: string | null } };
    return new ApiError(body.error?.message ?? fallback, response.status, body.error?.key ?? null);
  } catch {
    return new ApiError(fallback, response.status);
  }
}

export function traceFileUrl(traceId: string): string {
  return `${BASE}/traces/${traceId}`;
}
