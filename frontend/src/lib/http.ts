import type { Problem } from './problem';
import { problemOf, unreachable } from './problem';

/** Every request carries this header: a foreign page cannot send it without being asked first. */
export const headers = { 'Content-Type': 'application/json', 'X-Lorekeeper': '1' };

export type Outcome<Data> = { data: Data; error?: undefined } | { error: Problem; data?: undefined };

function isGatewayDown(status: number): boolean {
  return status === 502 || status === 504;
}

/** Send one request and read its JSON; a refusal or a lost connection comes back as a problem. */
export async function request<Data>(
  path: string,
  { method = 'GET', body, signal }: { method?: string; body?: unknown; signal?: AbortSignal } = {},
): Promise<Outcome<Data>> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch {
    return { error: unreachable };
  }
  if (isGatewayDown(response.status)) return { error: unreachable };
  const data: unknown = await response.json().catch(() => null);
  if (response.ok || isGraphQL(data)) return { data: data as Data };
  return {
    error: response.status === 401 ? { ...problemOf(data), code: 'unauthenticated' } : problemOf(data),
  };
}

/** A GraphQL server may answer 4xx and still say in `errors` what was wrong. */
function isGraphQL(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'errors' in body;
}
