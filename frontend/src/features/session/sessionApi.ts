import { request } from '../../lib/http';
import { api as generated } from './session.generated';

/** Sign-in goes over REST: it sets and clears the cookie that GraphQL calls then carry. */
const sessionApi = generated
  .enhanceEndpoints({ endpoints: { Viewer: { providesTags: ['Viewer'] } } })
  .injectEndpoints({
    endpoints: (build) => ({
      signInMethods: build.query<{ methods: string[] }, void>({
        queryFn: (_, { signal }) => request<{ methods: string[] }>('/auth/methods', { signal }),
      }),
      signIn: build.mutation<unknown, { method: string }>({
        queryFn: ({ method }) =>
          request<unknown>(`/auth/${encodeURIComponent(method)}`, { method: 'POST', body: {} }),
        invalidatesTags: (_, error) => (error ? [] : ['Viewer']),
      }),
      signOut: build.mutation<unknown, void>({
        queryFn: () => request<unknown>('/auth/sign-out', { method: 'POST', body: {} }),
      }),
    }),
  });

export const { useViewerQuery, useSignInMethodsQuery, useSignInMutation, useSignOutMutation } = sessionApi;
