/* Written by `npm run generate`; do not edit. */

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
import { api } from '../../lib/api';
/** Where the newest version of a document stands. */
export type DocumentStatus =
  | 'RECEIVED'
  | 'PROCESSING'
  | 'READY'
  | 'FAILED'
  | 'DEAD';

export type DocumentsQueryVariables = Exact<{
  guildId: string;
  first: number;
  after?: string | null | undefined;
  search?: string | null | undefined;
  listedBy?: string | null | undefined;
  grouped: boolean;
}>;


export type DocumentsQuery = { guild: { id: string, statistics: { documents: number, readyDocuments: number, processingDocuments: number, failedDocuments: number }, documents: { totalCount: number, endCursor: string | null, hasNextPage: boolean, nodes: Array<{ id: string, title: string, sourceName: string, sourceUrl: string | null, origin: string, language: string | null, tags: Array<string>, versionNumber: number, status: DocumentStatus, statusReason: string | null, pages: number | null, passageCount: number, sizeBytes: number, mediaType: string, searchable: boolean, currentVersionNumber: number | null, probeRank: number | null, refreshHours: number | null, checkedAt: string | null, nextRefreshAt: string | null, listedBy: string | null, createdAt: string, updatedAt: string, progress: { stage: string, done: number, total: number, percent: number } }> } } };

export type DocumentQueryVariables = Exact<{
  guildId: string;
  documentId: string;
}>;


export type DocumentQuery = { guild: { id: string, statistics: { passages: number }, document: { id: string, title: string, sourceName: string, sourceUrl: string | null, origin: string, language: string | null, tags: Array<string>, versionNumber: number, status: DocumentStatus, statusReason: string | null, pages: number | null, passageCount: number, sizeBytes: number, mediaType: string, searchable: boolean, currentVersionNumber: number | null, probeRank: number | null, refreshHours: number | null, checkedAt: string | null, nextRefreshAt: string | null, listedBy: string | null, createdAt: string, updatedAt: string, progress: { stage: string, done: number, total: number, percent: number } } | null } };

export type PassagesQueryVariables = Exact<{
  guildId: string;
  documentId: string;
  first: number;
  after: number;
}>;


export type PassagesQuery = { guild: { id: string, document: { id: string, passages: Array<{ ordinal: number, text: string, headingPath: Array<string>, page: number | null }> } | null } };

export type RetryDocumentMutationVariables = Exact<{
  guildId: string;
  documentId: string;
}>;


export type RetryDocumentMutation = { retryDocument: { id: string, status: DocumentStatus } };

export type RetryFailedDocumentsMutationVariables = Exact<{
  guildId: string;
}>;


export type RetryFailedDocumentsMutation = { retryFailedDocuments: number };

export type AddAddressMutationVariables = Exact<{
  guildId: string;
  url: string;
  title?: string | null | undefined;
  refreshHours?: number | null | undefined;
}>;


export type AddAddressMutation = { addAddress: { id: string, title: string } };

export type SetRefreshMutationVariables = Exact<{
  guildId: string;
  documentId: string;
  hours?: number | null | undefined;
}>;


export type SetRefreshMutation = { setRefresh: { id: string, refreshHours: number | null, nextRefreshAt: string | null } };

export type SetTagsMutationVariables = Exact<{
  guildId: string;
  documentId: string;
  tags: Array<string> | string;
}>;


export type SetTagsMutation = { setTags: { id: string, tags: Array<string> } };

export type DeleteDocumentMutationVariables = Exact<{
  guildId: string;
  documentId: string;
}>;


export type DeleteDocumentMutation = { deleteDocument: boolean };

export type DocumentCardFragment = { id: string, title: string, sourceName: string, sourceUrl: string | null, origin: string, language: string | null, tags: Array<string>, versionNumber: number, status: DocumentStatus, statusReason: string | null, pages: number | null, passageCount: number, sizeBytes: number, mediaType: string, searchable: boolean, currentVersionNumber: number | null, probeRank: number | null, refreshHours: number | null, checkedAt: string | null, nextRefreshAt: string | null, listedBy: string | null, createdAt: string, updatedAt: string, progress: { stage: string, done: number, total: number, percent: number } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const DocumentCardFragmentDoc = new TypedDocumentString(`
    fragment DocumentCard on Document {
  id
  title
  sourceName
  sourceUrl
  origin
  language
  tags
  versionNumber
  status
  statusReason
  progress {
    stage
    done
    total
    percent
  }
  pages
  passageCount
  sizeBytes
  mediaType
  searchable
  currentVersionNumber
  probeRank
  refreshHours
  checkedAt
  nextRefreshAt
  listedBy
  createdAt
  updatedAt
}
    `, {"fragmentName":"DocumentCard"});
export const DocumentsDocument = new TypedDocumentString(`
    query Documents($guildId: ID!, $first: Int!, $after: String, $search: String, $listedBy: ID, $grouped: Boolean!) {
  guild(id: $guildId) {
    id
    statistics {
      documents
      readyDocuments
      processingDocuments
      failedDocuments
    }
    documents(
      first: $first
      after: $after
      search: $search
      listedBy: $listedBy
      grouped: $grouped
    ) {
      totalCount
      endCursor
      hasNextPage
      nodes {
        ...DocumentCard
      }
    }
  }
}
    fragment DocumentCard on Document {
  id
  title
  sourceName
  sourceUrl
  origin
  language
  tags
  versionNumber
  status
  statusReason
  progress {
    stage
    done
    total
    percent
  }
  pages
  passageCount
  sizeBytes
  mediaType
  searchable
  currentVersionNumber
  probeRank
  refreshHours
  checkedAt
  nextRefreshAt
  listedBy
  createdAt
  updatedAt
}`);
export const DocumentDocument = new TypedDocumentString(`
    query Document($guildId: ID!, $documentId: ID!) {
  guild(id: $guildId) {
    id
    statistics {
      passages
    }
    document(id: $documentId) {
      ...DocumentCard
    }
  }
}
    fragment DocumentCard on Document {
  id
  title
  sourceName
  sourceUrl
  origin
  language
  tags
  versionNumber
  status
  statusReason
  progress {
    stage
    done
    total
    percent
  }
  pages
  passageCount
  sizeBytes
  mediaType
  searchable
  currentVersionNumber
  probeRank
  refreshHours
  checkedAt
  nextRefreshAt
  listedBy
  createdAt
  updatedAt
}`);
export const PassagesDocument = new TypedDocumentString(`
    query Passages($guildId: ID!, $documentId: ID!, $first: Int!, $after: Int!) {
  guild(id: $guildId) {
    id
    document(id: $documentId) {
      id
      passages(first: $first, after: $after) {
        ordinal
        text
        headingPath
        page
      }
    }
  }
}
    `);
export const RetryDocumentDocument = new TypedDocumentString(`
    mutation RetryDocument($guildId: ID!, $documentId: ID!) {
  retryDocument(guildId: $guildId, documentId: $documentId) {
    id
    status
  }
}
    `);
export const RetryFailedDocumentsDocument = new TypedDocumentString(`
    mutation RetryFailedDocuments($guildId: ID!) {
  retryFailedDocuments(guildId: $guildId)
}
    `);
export const AddAddressDocument = new TypedDocumentString(`
    mutation AddAddress($guildId: ID!, $url: String!, $title: String, $refreshHours: Int) {
  addAddress(
    guildId: $guildId
    url: $url
    title: $title
    refreshHours: $refreshHours
  ) {
    id
    title
  }
}
    `);
export const SetRefreshDocument = new TypedDocumentString(`
    mutation SetRefresh($guildId: ID!, $documentId: ID!, $hours: Int) {
  setRefresh(guildId: $guildId, documentId: $documentId, hours: $hours) {
    id
    refreshHours
    nextRefreshAt
  }
}
    `);
export const SetTagsDocument = new TypedDocumentString(`
    mutation SetTags($guildId: ID!, $documentId: ID!, $tags: [String!]!) {
  setTags(guildId: $guildId, documentId: $documentId, tags: $tags) {
    id
    tags
  }
}
    `);
export const DeleteDocumentDocument = new TypedDocumentString(`
    mutation DeleteDocument($guildId: ID!, $documentId: ID!) {
  deleteDocument(guildId: $guildId, documentId: $documentId)
}
    `);

const injectedRtkApi = api.injectEndpoints({
  endpoints: (build) => ({
    Documents: build.query<DocumentsQuery, DocumentsQueryVariables>({
      query: (variables) => ({ document: DocumentsDocument as unknown as string, variables })
    }),
    Document: build.query<DocumentQuery, DocumentQueryVariables>({
      query: (variables) => ({ document: DocumentDocument as unknown as string, variables })
    }),
    Passages: build.query<PassagesQuery, PassagesQueryVariables>({
      query: (variables) => ({ document: PassagesDocument as unknown as string, variables })
    }),
    RetryDocument: build.mutation<RetryDocumentMutation, RetryDocumentMutationVariables>({
      query: (variables) => ({ document: RetryDocumentDocument as unknown as string, variables })
    }),
    RetryFailedDocuments: build.mutation<RetryFailedDocumentsMutation, RetryFailedDocumentsMutationVariables>({
      query: (variables) => ({ document: RetryFailedDocumentsDocument as unknown as string, variables })
    }),
    AddAddress: build.mutation<AddAddressMutation, AddAddressMutationVariables>({
      query: (variables) => ({ document: AddAddressDocument as unknown as string, variables })
    }),
    SetRefresh: build.mutation<SetRefreshMutation, SetRefreshMutationVariables>({
      query: (variables) => ({ document: SetRefreshDocument as unknown as string, variables })
    }),
    SetTags: build.mutation<SetTagsMutation, SetTagsMutationVariables>({
      query: (variables) => ({ document: SetTagsDocument as unknown as string, variables })
    }),
    DeleteDocument: build.mutation<DeleteDocumentMutation, DeleteDocumentMutationVariables>({
      query: (variables) => ({ document: DeleteDocumentDocument as unknown as string, variables })
    }),
  }),
});

export { injectedRtkApi as api };


