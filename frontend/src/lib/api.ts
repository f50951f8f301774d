import type { BaseQueryFn } from '@reduxjs/toolkit/query/react';
import { createApi } from '@reduxjs/toolkit/query/react';

import { connectionSeen } from './connection';
import { request } from './http';
import type { Problem } from './problem';

interface Operation {
  /** Generated documents are String objects that carry their types. */
  document: { toString: () => string };
  variables?: unknown;
}

interface GraphQLAnswer {
  data?: unknown;
  errors?: { message: string; extensions?: { code?: string } }[];
}

export type GraphQLBaseQuery = BaseQueryFn<Operation, unknown, Problem>;

/** POST one operation; the first GraphQL error becomes the problem. */
const graphql: GraphQLBaseQuery = async ({ document, variables }, { dispatch, signal }) => {
  const query = document.toString();
  const operationName = /(?:query|mutation)\s+(\w+)/.exec(query)?.[1];
  const body = { query, variables: variables ?? {}, operationName };
  const outcome = await request<GraphQLAnswer>('/graphql', { method: 'POST', body, signal });
  if (!signal.aborted) dispatch(connectionSeen({ isLost: outcome.error?.code === 'unreachable' }));
  if (outcome.error) return { error: outcome.error };
  const error = outcome.data.errors?.[0];
  if (error) return { error: { code: error.extensions?.code ?? 'internal', message: error.message } };
  return { data: outcome.data.data };
};

/** The one API; each feature's `.graphql` file injects its endpoints here. */
export const api = createApi({
  baseQuery: graphql,
  tagTypes: ['Viewer', 'Document', 'Question', 'Statistics'],
  endpoints: () => ({}),
});
