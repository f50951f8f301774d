import type { Gate, Unsupported } from './settings.generated';

interface Choice<Value> {
  value: Value;
  label: string;
  help: string;
}

/** What each choice does and costs, in a sentence; the figures are those of functions/generate/gate.py. */
export const gates: readonly Choice<Gate>[] = [
  {
    value: 'STRICT',
    label: 'Strict',
    help: 'Answers only where the documents clearly hold it. Refused on a benchmark: 75 % of what the documents did not answer, 16 % of what they did.',
  },
  {
    value: 'BALANCED',
    label: 'Balanced',
    help: 'Leans towards answering: a quotation that misses can be seen to miss, a refusal cannot. Refused on a benchmark: 52 % of what the documents did not answer, 7 % of what they did.',
  },
  {
    value: 'EAGER',
    label: 'Eager',
    help: 'Answers whenever something comes near, also where the documents are silent. Refused on a benchmark: 21 % of what the documents did not answer, 4 % of what they did.',
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
