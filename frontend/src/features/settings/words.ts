import type { Gate, Unsupported } from './settings.generated';

interface Choice<Value> {
  value: Value;
  label: string;
  help: string;
}

/** What each choice does and costs, in a sentence; the figures are those of functions/generate. */
export const gates: readonly Choice<Gate>[] = [
  {
    value: 'STRICT',
    label: 'Strict',
    help: 'Answers only where the documents clearly hold it, and refuses more questions that they do answer.',
  },
  {
    value: 'BALANCED',
    label: 'Balanced',
    help: 'Leans towards answering: a quotation that misses can be seen to miss, a refusal cannot.',
  },
  {
    value: 'EAGER',
    label: 'Eager',
    help: 'Answers whenever something comes near, and misses more often where the documents are silent.',
  },
];

export const unsupportedChoices: readonly Choice<Unsupported>[] = [
  {
    value: 'DROP',
    label: 'Leave them out',
    help: 'Nothing is shown that the documents do not say; an answer may be shorter for it.',
  },
  {
    value: 'MARK',
    label: 'Show them, marked',
    help: 'The whole text is shown; what no passage supports is marked, and readers must judge it.',
  },
];
