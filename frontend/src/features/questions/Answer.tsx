import { useCallback, useState } from 'react';

import css from './Answer.module.css';
import { AnswerText } from './AnswerText';
import { CitationMark } from './CitationMark';
import { Origin } from './Origin';
import type { FullQuestionFragment } from './questions.generated';
import { SourceNotes } from './SourceNotes';

/** An answer, or a calm refusal, with its sources beside it. */
export function Answer({ question }: { question: FullQuestionFragment }) {
  const [chosen, setChosen] = useState<number | null>(null);
  const { citations, answer, status } = question;
  const renderCitation = useCallback(
    (number: number) => {
      const citation = citations.find((one) => one.number === number);
      if (!citation) return null;
      return (
        <CitationMark
          number={number}
          title={citation.title}
          isChosen={number === chosen}
          onChoose={setChosen}
        />
      );
    },
    [citations, chosen],
  );
  return (
    <div className={citations.length > 0 ? css.withMargin : css.alone}>
      <div className={css.sheet}>
        <Kind question={question} />
        <AnswerText text={answer ?? ''} renderCitation={renderCitation} />
        <Origin question={question} />
      </div>
      {citations.length > 0 && (
        <SourceNotes
          title={status === 'REFUSED' ? 'The nearest documents' : 'Sources'}
          citations={citations}
          chosen={chosen}
          onChoose={setChosen}
        />
      )}
    </div>
  );
}

const reasons: Record<NonNullable<FullQuestionFragment['fallback']>, string> = {
  NO_MODEL: 'No language model was at hand, so these are the documents’ own sentences.',
  UNAVAILABLE: 'The language model did not answer in time, so these are the documents’ own sentences.',
  UNSUPPORTED:
    'What the language model wrote went beyond the documents, so these are the documents’ own sentences.',
  STOPPED: 'The writing was stopped, so these are the documents’ own sentences.',
  TOO_LONG: 'The language model had no room or no time for this, so these are the documents’ own sentences.',
};

/** What kind of answer this is, where it is not simply one that the model wrote. */
function Kind({ question: { status, answerKind, fallback, isCached } }: { question: FullQuestionFragment }) {
  if (status === 'REFUSED') return <p className={css.refused}>Not in the documents</p>;
  return (
    <>
      {isCached && (
        <p className={css.kind}>
          <b>Answered before.</b> The same question was asked, and no document has changed since.
        </p>
      )}
      {answerKind === 'EXTRACTIVE' && (
        <p className={css.kind}>
          <b>Quoted passages.</b> {fallback ? reasons[fallback] : 'These are the documents’ own sentences.'}
        </p>
      )}
      {answerKind === 'MODEL' && fallback === 'STOPPED' && (
        <p className={css.kind}>
          <b>Stopped.</b> This much was written and checked by then.
        </p>
      )}
      {answerKind === 'MODEL' && fallback === 'UNAVAILABLE' && (
        <p className={css.kind}>
          <b>Cut short.</b> The language model did not come to its end; this much was written and checked by
          then.
        </p>
      )}
    </>
  );
}
