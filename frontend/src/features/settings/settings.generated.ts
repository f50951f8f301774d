/* Written by `npm run generate`; do not edit. */

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
import { api } from '../../lib/api';
/** How much evidence an answer needs. */
export type Gate =
  | 'STRICT'
  | 'BALANCED'
  | 'EAGER';

/** What becomes of a sentence that no passage supports. */
export type Unsupported =
  | 'DROP'
  | 'MARK';

export type AnswerSettingsQueryVariables = Exact<{
  guildId: string;
}>;


export type AnswerSettingsQuery = { guild: { id: string, answerSettings: { gate: Gate, unsupported: Unsupported, instructions: string, cachesAnswers: boolean, rewritesQuestions: boolean } } };

export type SetAnswerSettingsMutationVariables = Exact<{
  guildId: string;
  gate?: Gate | null | undefined;
  unsupported?: Unsupported | null | undefined;
  instructions?: string | null | undefined;
  cachesAnswers?: boolean | null | undefined;
  rewritesQuestions?: boolean | null | undefined;
}>;


export type SetAnswerSettingsMutation = { setAnswerSettings: { gate: Gate, unsupported: Unsupported, instructions: string, cachesAnswers: boolean, rewritesQuestions: boolean } };

export type FullSettingsFragment = { gate: Gate, unsupported: Unsupported, instructions: string, cachesAnswers: boolean, rewritesQuestions: boolean };

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
export const FullSettingsFragmentDoc = new TypedDocumentString(`
    fragment FullSettings on AnswerSettings {
  gate
  unsupported
  instructions
  cachesAnswers
  rewritesQuestions
}
    `, {"fragmentName":"FullSettings"});
export const AnswerSettingsDocument = new TypedDocumentString(`
    query AnswerSettings($guildId: ID!) {
  guild(id: $guildId) {
    id
    answerSettings {
      ...FullSettings
    }
  }
}
    fragment FullSettings on AnswerSettings {
  gate
  unsupported
  instructions
  cachesAnswers
  rewritesQuestions
}`);
export const SetAnswerSettingsDocument = new TypedDocumentString(`
    mutation SetAnswerSettings($guildId: ID!, $gate: Gate, $unsupported: Unsupported, $instructions: String, $cachesAnswers: Boolean, $rewritesQuestions: Boolean) {
  setAnswerSettings(
    guildId: $guildId
    gate: $gate
    unsupported: $unsupported
    instructions: $instructions
    cachesAnswers: $cachesAnswers
    rewritesQuestions: $rewritesQuestions
  ) {
    ...FullSettings
  }
}
    fragment FullSettings on AnswerSettings {
  gate
  unsupported
  instructions
  cachesAnswers
  rewritesQuestions
}`);

const injectedRtkApi = api.injectEndpoints({
  endpoints: (build) => ({
    AnswerSettings: build.query<AnswerSettingsQuery, AnswerSettingsQueryVariables>({
      query: (variables) => ({ document: AnswerSettingsDocument as unknown as string, variables })
    }),
    SetAnswerSettings: build.mutation<SetAnswerSettingsMutation, SetAnswerSettingsMutationVariables>({
      query: (variables) => ({ document: SetAnswerSettingsDocument as unknown as string, variables })
    }),
  }),
});

export { injectedRtkApi as api };


