/* Written by `npm run generate`; do not edit. */

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
import { api } from '../../lib/api';
/** Whether an answer quotes the documents or was written by a model. */
export type AnswerKind =
  | 'EXTRACTIVE'
  | 'MODEL';

/** Where a question stands. */
export type QuestionStatus =
  | 'ASKED'
  | 'ANSWERING'
  | 'ANSWERED'
  | 'REFUSED'
  | 'FAILED';

export type QuestionsQueryVariables = Exact<{
  guildId: string;
  first: number;
  after?: string | null | undefined;
}>;


export type QuestionsQuery = { guild: { id: string, questions: { totalCount: number, endCursor: string | null, hasNextPage: boolean, nodes: Array<{ id: string, text: string, status: QuestionStatus, origin: string, askedAt: string }> } } };

export type QuestionQueryVariables = Exact<{
  guildId: string;
  questionId: string;
}>;


export type QuestionQuery = { guild: { id: string, question: { id: string, text: string, origin: string, status: QuestionStatus, answer: string | null, answerKind: AnswerKind | null, failureReason: string | null, askedAt: string, answeredAt: string | null, citations: Array<{ number: number, title: string, location: string, url: string, quote: string, documentId: string | null }>, timings: Array<{ stage: string, milliseconds: number }> } | null } };

export type AskMutationVariables = Exact<{
  guildId: string;
  text: string;
}>;


export type AskMutation = { ask: { id: string, text: string, status: QuestionStatus } };

export type FullQuestionFragment = { id: string, text: string, origin: string, status: QuestionStatus, answer: string | null, answerKind: AnswerKind | null, failureReason: string | null, askedAt: string, answeredAt: string | null, citations: Array<{ number: number, title: string, location: string, url: string, quote: string, documentId: string | null }>, timings: Array<{ stage: string, milliseconds: number }> };

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
export const FullQuestionFragmentDoc = new TypedDocumentString(`
    fragment FullQuestion on Question {
  id
  text
  origin
  status
  answer
  answerKind
  failureReason
  citations {
    number
    title
    location
    url
    quote
    documentId
  }
  timings {
    stage
    milliseconds
  }
  askedAt
  answeredAt
}
    `, {"fragmentName":"FullQuestion"});
export const QuestionsDocument = new TypedDocumentString(`
    query Questions($guildId: ID!, $first: Int!, $after: String) {
  guild(id: $guildId) {
    id
    questions(first: $first, after: $after) {
      totalCount
      endCursor
      hasNextPage
      nodes {
        id
        text
        status
        origin
        askedAt
      }
    }
  }
}
    `);
export const QuestionDocument = new TypedDocumentString(`
    query Question($guildId: ID!, $questionId: ID!) {
  guild(id: $guildId) {
    id
    question(id: $questionId) {
      ...FullQuestion
    }
  }
}
    fragment FullQuestion on Question {
  id
  text
  origin
  status
  answer
  answerKind
  failureReason
  citations {
    number
    title
    location
    url
    quote
    documentId
  }
  timings {
    stage
    milliseconds
  }
  askedAt
  answeredAt
}`);
export const AskDocument = new TypedDocumentString(`
    mutation Ask($guildId: ID!, $text: String!) {
  ask(guildId: $guildId, text: $text) {
    id
    text
    status
  }
}
    `);

const injectedRtkApi = api.injectEndpoints({
  endpoints: (build) => ({
    Questions: build.query<QuestionsQuery, QuestionsQueryVariables>({
      query: (variables) => ({ document: QuestionsDocument as unknown as string, variables })
    }),
    Question: build.query<QuestionQuery, QuestionQueryVariables>({
      query: (variables) => ({ document: QuestionDocument as unknown as string, variables })
    }),
    Ask: build.mutation<AskMutation, AskMutationVariables>({
      query: (variables) => ({ document: AskDocument as unknown as string, variables })
    }),
  }),
});

export { injectedRtkApi as api };


