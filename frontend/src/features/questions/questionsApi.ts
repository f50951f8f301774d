import { api as generated } from './questions.generated';

const questionsApi = generated.enhanceEndpoints({
  endpoints: {
    Questions: { providesTags: ['Question'] },
    Question: { providesTags: ['Question'] },
    Ask: { invalidatesTags: ['Question', 'Statistics'] },
  },
});

export const { useQuestionsQuery, useQuestionQuery, useAskMutation } = questionsApi;
