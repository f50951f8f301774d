import { useCallback, useState } from 'react';

import css from './Answer.module.css';
import { AnswerText } from './AnswerText';
import { CitationMark } from './CitationMark';
import type { FullQuestionFragment } from './questions.generated';
import { SourceNotes } from './SourceNotes';
import { Timings } from './Timings';

/** An answer, or a calm refusal, with its sources beside it. */
export function Answer({ question }: { question: FullQuestionFragment }) {
  const [chosen, setChosen] = useState<number | null>(null);
  const { citations, answer, status, answerKind } = question;
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
  const isRefused = status === 'REFUSED';
  return (
    <div className={citations.length > 0 ? css.withMargin : css.alone}>
      <div className={css.sheet}>
        {isRefused && <p className={css.refused}>Not in the documents</p>}
        {!isRefused && answerKind === 'EXTRACTIVE' && (
          <p className={css.extractive}>
            <b>Quoted passages.</b> No language model was at hand, so these are the documents’ own sentences.
          </p>
        )}
        <AnswerText text={answer ?? ''} renderCitation={renderCitation} />
        <Timings question={question} />
      </div>
      {citations.length > 0 && (
        <SourceNotes
          title={isRefused ? 'The nearest documents' : 'Sources'}
          citations={citations}
          chosen={chosen}
          onChoose={setChosen}
        />
      )}
    </div>
  );
}
