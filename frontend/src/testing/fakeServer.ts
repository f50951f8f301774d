import { vi } from 'vitest';

export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

// The answers of tests are as loose as JSON is.
type Variables = Record<string, unknown>;
type Answer = (variables: Variables) => unknown;

export interface Call {
  name: string;
  variables: Variables;
  headers: Headers;
}

export const viewer = {
  viewer: { id: '7', name: 'Ada', guilds: [{ id: '1', name: 'Moss & Lantern', role: 'ADMINISTRATOR' }] },
};

/** Answer `fetch` by operation name (GraphQL) or path (REST); an answer that throws a Refusal is an error. */
export function fakeServer(answers: Record<string, Answer>): { calls: Call[] } {
  const calls: Call[] = [];
  const all: Record<string, Answer> = { Viewer: () => viewer, ...answers };
  const reply = (path: string, { body, headers }: RequestInit) => {
    const content = JSON.parse(typeof body === 'string' ? body : '{}') as Variables;
    const name = path === '/graphql' ? String(content.operationName) : path;
    const variables = (path === '/graphql' ? content.variables : content) as Variables;
    calls.push({ name, variables, headers: new Headers(headers) });
    const answer = all[name];
    if (!answer) return Promise.reject(new TypeError(`No answer to ${name} was prepared.`));
    return Promise.resolve(
      path === '/graphql' ? asGraphQL(answer, variables) : Response.json(answer(variables)),
    );
  };
  vi.stubGlobal('fetch', vi.fn(reply));
  return { calls };
}

function asGraphQL(answer: Answer, variables: Variables): Response {
  try {
    return Response.json({ data: answer(variables) });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message } = error;
    return Response.json({ data: null, errors: [{ message, extensions: { code } }] });
  }
}
