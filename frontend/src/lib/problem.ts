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

/** What a proxy in front of Lorekeeper says without words. */
const tooLarge: Problem = {
  code: 'too_large',
  message:
    'The file is larger than the server in front of Lorekeeper lets through. Split it and send the parts.',
};

/** Read the problem out of `{"error": {code, message}}`, the shape of every refused REST call. */
export function problemOf(body: unknown, status?: number): Problem {
  if (typeof body !== 'object' || body === null || !('error' in body)) {
    return status === 413 ? tooLarge : unexplained;
  }
  const error = body.error as Partial<Problem> | null;
  if (typeof error?.message !== 'string') return unexplained;
  return { code: error.code ?? unexplained.code, message: error.message };
}

/** Narrow whatever a query or a rejected promise carries to a problem. */
export function asProblem(error: unknown): Problem {
  const isProblem = typeof error === 'object' && error !== null && 'code' in error && 'message' in error;
  return isProblem && typeof error.message === 'string' ? (error as Problem) : unexplained;
}
