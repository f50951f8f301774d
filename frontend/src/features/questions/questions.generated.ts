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

/** Why an answer is not the one the model would have written. */
export type Fallback =
  | 'NO_MODEL'
  | 'UNAVAILABLE'
  | 'UNSUPPORTED'
  | 'STOPPED'
  | 'TOO_LONG';

/** How much evidence an answer needs. */
export type Gate =
  | 'STRICT'
  | 'BALANCED'
  | 'EAGER';

/** Where a question stands. */
export type QuestionStatus =
  | 'ASKED'
  | 'ANSWERING'
  | 'ANSWERED'
  | 'REFUSED'
  | 'FAILED';

/** Where the answering of a question stands. */
export type Stage =
  | 'ASKED'
  | 'SEARCHING'
  | 'QUEUED'
  | 'READING'
  | 'WRITING'
  | 'CHECKING'
  | 'ENDED';

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


export type QuestionQuery = { guild: { id: string, question: { id: string, text: string, origin: string, status: QuestionStatus, stage: Stage, place: number | null, partial: string | null, isStopped: boolean, isOwn: boolean, conversation: string | null, answer: string | null, answerKind: AnswerKind | null, fallback: Fallback | null, isCached: boolean, failureReason: string | null, askedAt: string, answeredAt: string | null, citations: Array<{ number: number, title: string, location: string, url: string, quote: string, documentId: string | null }>, timings: Array<{ stage: string, milliseconds: number }> } | null } };

export type ConversationQueryVariables = Exact<{
  guildId: string;
  conversation: string;
}>;


export type ConversationQuery = { guild: { id: string, conversation: Array<{ id: string, text: string, status: QuestionStatus }> } };

export type RecordQueryVariables = Exact<{
  guildId: string;
  questionId: string;
}>;


export type RecordQuery = { guild: { id: string, question: { id: string, record: { model: string | null, evidence: number | null, gate: Gate | null, leastEvidence: number | null, leftOut: number | null, turns: Array<string>, rewritten: string | null, promptVersion: string | null, promptTokens: number | null, writtenTokens: number | null, doneReason: string | null, checkedSentences: number | null, supportedSentences: number | null, fallback: Fallback | null, cachedFrom: string | null, passages: Array<{ title: string, location: string, score: number | null, used: boolean, documentId: string | null }> } } | null } };

export type AskMutationVariables = Exact<{
  guildId: string;
  text: string;
  conversation: string;
  follows?: string | null | undefined;
}>;


export type AskMutation = { ask: { id: string, text: string, status: QuestionStatus } };

export type StopQuestionMutationVariables = Exact<{
  guildId: string;
  questionId: string;
}>;


export type StopQuestionMutation = { stopQuestion: { id: string, isStopped: boolean } };

export type ForgetConversationMutationVariables = Exact<{
  guildId: string;
  conversation: string;
}>;


export type ForgetConversationMutation = { forgetConversation: number };

export type FullQuestionFragment = { id: string, text: string, origin: string, status: QuestionStatus, stage: Stage, place: number | null, partial: string | null, isStopped: boolean, isOwn: boolean, conversation: string | null, answer: string | null, answerKind: AnswerKind | null, fallback: Fallback | null, isCached: boolean, failureReason: string | null, askedAt: string, answeredAt: string | null, citations: Array<{ number: number, title: string, location: string, url: string, quote: string, documentId: string | null }>, timings: Array<{ stage: string, milliseconds: number }> };

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
  stage
  place
  partial
  isStopped
  isOwn
  conversation
  answer
  answerKind
  fallback
  isCached
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
  stage
  place
  partial
  isStopped
  isOwn
  conversation
  answer
  answerKind
  fallback
  isCached
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
export const ConversationDocument = new TypedDocumentString(`
    query Conversation($guildId: ID!, $conversation: ID!) {
  guild(id: $guildId) {
    id
    conversation(id: $conversation) {
      id
      text
      status
    }
  }
}
    `);
export const RecordDocument = new TypedDocumentString(`
    query Record($guildId: ID!, $questionId: ID!) {
  guild(id: $guildId) {
    id
    question(id: $questionId) {
      id
      record {
        model
        evidence
        gate
        leastEvidence
        leftOut
        turns
        rewritten
        promptVersion
        promptTokens
        writtenTokens
        doneReason
        checkedSentences
        supportedSentences
        fallback
        cachedFrom
        passages {
          title
          location
          score
          used
          documentId
        }
      }
    }
  }
}
    `);
export const AskDocument = new TypedDocumentString(`
    mutation Ask($guildId: ID!, $text: String!, $conversation: ID!, $follows: ID) {
  ask(
    guildId: $guildId
    text: $text
    conversation: $conversation
    follows: $follows
  ) {
    id
    text
    status
  }
}
    `);
export const StopQuestionDocument = new TypedDocumentString(`
    mutation StopQuestion($guildId: ID!, $questionId: ID!) {
  stopQuestion(guildId: $guildId, questionId: $questionId) {
    id
    isStopped
  }
}
    `);
export const ForgetConversationDocument = new TypedDocumentString(`
    mutation ForgetConversation($guildId: ID!, $conversation: ID!) {
  forgetConversation(guildId: $guildId, conversation: $conversation)
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
    Conversation: build.query<ConversationQuery, ConversationQueryVariables>({
      query: (variables) => ({ document: ConversationDocument as unknown as string, variables })
    }),
    Record: build.query<RecordQuery, RecordQueryVariables>({
      query: (variables) => ({ document: RecordDocument as unknown as string, variables })
    }),
    Ask: build.mutation<AskMutation, AskMutationVariables>({
      query: (variables) => ({ document: AskDocument as unknown as string, variables })
    }),
    StopQuestion: build.mutation<StopQuestionMutation, StopQuestionMutationVariables>({
      query: (variables) => ({ document: StopQuestionDocument as unknown as string, variables })
    }),
    ForgetConversation: build.mutation<ForgetConversationMutation, ForgetConversationMutationVariables>({
      query: (variables) => ({ document: ForgetConversationDocument as unknown as string, variables })
    }),
  }),
});

export { injectedRtkApi as api };


