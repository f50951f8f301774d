import { api as generated } from './overview.generated';

const overviewApi = generated.enhanceEndpoints({
  endpoints: { Overview: { providesTags: ['Statistics', 'Question'] } },
});

export const { useOverviewQuery } = overviewApi;
