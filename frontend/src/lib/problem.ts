/** What went wrong, in the sentence the server wrote for people. */
export interface Problem {
  code: string;
  message: string;
}

export const unreachable: Problem = {
  code: 'unreachable',
  message: 'Lorekeeper does not answer. Check the connection; this page tries again by itself.',
};

const unexplained: Problem = {
  code: 'internal',
  message: 'Something went wrong on the server. Try again in a moment.',
};

/** Read the problem out of `{"error": {code, message}}`, the shape of every refused REST call. */
export function problemOf(body: unknown): Problem {
  if (typeof body !== 'object' || body === null || !('error' in body)) return unexplained;
  const error = body.error as Partial<Problem> | null;
  if (typeof error?.message !== 'string') return unexplained;
  return { code: error.code ?? unexplained.code, message: error.message };
}

/** Narrow whatever a query or a rejected promise carries to a problem. */
export function asProblem(error: unknown): Problem {
  const isProblem = typeof error === 'object' && error !== null && 'code' in error && 'message' in error;
  return isProblem && typeof error.message === 'string' ? (error as Problem) : unexplained;
}
