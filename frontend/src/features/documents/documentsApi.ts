import { api as generated } from './documents.generated';

const documentsApi = generated.enhanceEndpoints({
  endpoints: {
    Documents: { providesTags: ['Document'] },
    Document: { providesTags: ['Document'] },
    Passages: { providesTags: ['Document'] },
    RetryDocument: { invalidatesTags: ['Document', 'Statistics'] },
    RetryFailedDocuments: { invalidatesTags: ['Document', 'Statistics'] },
    AddAddress: { invalidatesTags: ['Document', 'Statistics'] },
    SetRefresh: { invalidatesTags: ['Document'] },
    SetTags: { invalidatesTags: ['Document'] },
    DeleteDocument: { invalidatesTags: ['Document', 'Statistics'] },
  },
});

export const {
  useDocumentsQuery,
  useDocumentQuery,
  usePassagesQuery,
  useRetryDocumentMutation,
  useRetryFailedDocumentsMutation,
  useAddAddressMutation,
  useSetRefreshMutation,
  useSetTagsMutation,
  useDeleteDocumentMutation,
} = documentsApi;
