import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Plugin } from 'vite';

import { MockLibrary } from './mockLibrary.ts';

type Next = () => void;

/** A stand-in for the gateway, for developing and looking at the pages: `MOCK=empty npm run dev:mock`. */
export function mockGateway(): Plugin {
  const library = new MockLibrary(process.env.MOCK ?? 'lively');
  const answer = (request: IncomingMessage, response: ServerResponse, next: Next) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://mock');
    const watched = /^\/api\/guilds\/\d+\/questions\/([^/]+)\/events$/.exec(pathname)?.[1];
    if (watched !== undefined) {
      stream(library, watched, response);
      return;
    }
    const handler = route(request.method ?? 'GET', pathname);
    if (!handler) {
      next();
      return;
    }
    void readBody(request).then((body) => {
      const { status, json } = handler(library, body, searchParams);
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(json));
    });
  };
  return {
    name: 'mock-gateway',
    configureServer: ({ middlewares }) => void middlewares.use(answer),
    configurePreviewServer: ({ middlewares }) => void middlewares.use(answer),
  };
}

/** Tell how far an answer is until it has ended, as the gateway does. */
function stream(library: MockLibrary, id: string, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  const timer = setInterval(() => {
    const question = library.watch(id);
    const kind = question && question.startedAt !== null ? 'progress' : 'ended';
    response.write(`event: ${kind}\ndata: ${JSON.stringify(question ?? null)}\n\n`);
    if (kind === 'ended') response.end();
  }, 250);
  response.on('close', () => {
    clearInterval(timer);
  });
}

interface Reply {
  status: number;
  json: unknown;
}

type Handler = (library: MockLibrary, body: Buffer, parameters: URLSearchParams) => Reply;

function route(method: string, path: string): Handler | null {
  if (path === '/graphql') return graphql;
  if (path === '/auth/methods') return () => ({ status: 200, json: { methods: ['development'] } });
  if (path === '/auth/development') return (library) => ({ status: 200, json: { viewer: library.signIn() } });
  if (path === '/auth/sign-out') return (library) => ({ status: 200, json: { done: library.signOut() } });
  if (method === 'PUT' && /^\/api\/guilds\/\d+\/documents$/.test(path)) return upload;
  return null;
}

const graphql: Handler = (library, body) => {
  const { operationName, variables } = JSON.parse(body.toString()) as {
    operationName: string;
    variables: Record<string, string>;
  };
  try {
    return { status: 200, json: { data: library.answer(operationName, variables) } };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return {
      status: 200,
      json: { data: null, errors: [{ message, extensions: { code: code ?? 'internal' } }] },
    };
  }
};

const upload: Handler = (library, body, parameters) => {
  const name = parameters.get('name') ?? 'unnamed.txt';
  if (name.endsWith('.exe')) {
    const message = 'A program cannot be read. Send Markdown, plain text or PDF.';
    return { status: 415, json: { error: { code: 'unsupported', message } } };
  }
  return library.upload(name, body.length, parameters.get('replaces'));
};

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
