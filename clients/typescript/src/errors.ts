import type { FieldProblem, Problem } from "./schema.js";

/** The API said no: what, and why, in the language that was asked for. */
export class AttainError extends Error {
  /** The HTTP status. */
  readonly status: number;
  /** What went wrong, stable and to be compared with: `not-found`, `stale`, … */
  readonly code: string;
  /** Of `422`: what is wrong where, each with a JSON pointer into the body. */
  readonly errors: readonly FieldProblem[];
  /** The whole problem document; null where something between us and Attain answered instead. */
  readonly problem: Problem | null;
  /** Seconds to wait before trying again; null where the answer names none. */
  readonly retryAfter: number | null;
  /** What the request is called in Attain's logs. */
  readonly requestId: string | null;

  constructor(response: Response, body: unknown) {
    const problem = isProblem(body) ? body : null;
    super(problem?.detail ?? problem?.title ?? `${response.status} ${response.statusText}`);
    this.name = "AttainError";
    this.status = response.status;
    this.code = problem?.code ?? `http-${response.status}`;
    this.errors = problem?.errors ?? [];
    this.problem = problem;
    this.retryAfter = seconds(response.headers.get("Retry-After"));
    this.requestId = response.headers.get("X-Request-ID");
  }

  /** Whether the same request may be answered a little later. */
  get isPassing(): boolean {
    return [408, 425, 429].includes(this.status) || this.status >= 500;
  }

  /** The error that an answer tells of. */
  static async of(response: Response): Promise<AttainError> {
    const body: unknown = await response.json().catch(() => null);
    return new AttainError(response, body);
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "title" in body;
}

function seconds(header: string | null): number | null {
  const value = Number.parseFloat(header ?? "");
  return Number.isFinite(value) ? value : null;
}
