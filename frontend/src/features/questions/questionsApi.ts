import { api as generated } from './questions.generated';

const questionsApi = generated.enhanceEndpoints({
  endpoints: {
    Questions: { providesTags: ['Question'] },
    Question: { providesTags: ['Question'] },
    Conversation: { providesTags: ['Question'] },
    Record: { providesTags: ['Question'] },
    Ask: { invalidatesTags: ['Question', 'Statistics'] },
    StopQuestion: { invalidatesTags: ['Question'] },
    ForgetConversation: { invalidatesTags: ['Question'] },
  },
});

export const {
  useQuestionsQuery,
  useQuestionQuery,
  useConversationQuery,
  useRecordQuery,
  useAskMutation,
  useStopQuestionMutation,
  useForgetConversationMutation,
} = questionsApi;
