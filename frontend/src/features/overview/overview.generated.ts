/* Written by `npm run generate`; do not edit. */

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
import { api } from '../../lib/api';
/** Where a question stands. */
export type QuestionStatus =
  | 'ASKED'
  | 'ANSWERING'
  | 'ANSWERED'
  | 'REFUSED'
  | 'FAILED';

export type OverviewQueryVariables = Exact<{
  guildId: string;
}>;


export type OverviewQuery = { guild: { id: string, statistics: { documents: number, readyDocuments: number, processingDocuments: number, failedDocuments: number, passages: number, questions: number, answered: number, refused: number, failed: number, pending: number, medianAnswerMilliseconds: number | null, questionsPerDay: Array<{ day: string, answered: number, refused: number, failed: number }> }, questions: { nodes: Array<{ id: string, text: string, status: QuestionStatus, origin: string, askedAt: string }> } } };

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

export const OverviewDocument = new TypedDocumentString(`
    query Overview($guildId: ID!) {
  guild(id: $guildId) {
    id
    statistics {
      documents
      readyDocuments
      processingDocuments
      failedDocuments
      passages
      questions
      answered
      refused
      failed
      pending
      medianAnswerMilliseconds
      questionsPerDay {
        day
        answered
        refused
        failed
      }
    }
    questions(first: 6) {
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

const injectedRtkApi = api.injectEndpoints({
  endpoints: (build) => ({
    Overview: build.query<OverviewQuery, OverviewQueryVariables>({
      query: (variables) => ({ document: OverviewDocument as unknown as string, variables })
    }),
  }),
});

export { injectedRtkApi as api };


