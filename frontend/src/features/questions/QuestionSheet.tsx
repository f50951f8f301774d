import { Button } from '../../components/Button';
import { Moment } from '../../components/Moment';
import { Answer } from './Answer';
import type { FullQuestionFragment } from './questions.generated';
import css from './QuestionSheet.module.css';
import { isPending } from './useProgress';
import { Working } from './Working';

const originWords: Record<string, string> = {
  discord: 'Asked on Discord',
  dashboard: 'Asked here',
  cli: 'Asked on the command line',
};

interface QuestionSheetProps {
  question: FullQuestionFragment;
  onAskAgain: (text: string) => void;
}

/** One question and whatever has become of it. */
export function QuestionSheet({ question, onAskAgain }: QuestionSheetProps) {
  const { text, origin, askedAt } = question;
  return (
    <article className={css.sheet}>
      <header>
        <h2 className={css.question}>{text}</h2>
        <p className={css.about}>
          {originWords[origin] ?? `Asked by ${origin}`}, <Moment at={askedAt} />
        </p>
      </header>
      <div aria-live="polite">
        <Outcome question={question} onAskAgain={onAskAgain} />
      </div>
    </article>
  );
}

function Outcome({ question, onAskAgain }: QuestionSheetProps) {
  if (isPending(question)) return <Working question={question} />;
  if (question.status !== 'FAILED') return <Answer question={question} />;
  return (
    <div className={css.failed}>
      <p>{question.failureReason ?? 'The answer could not be finished.'}</p>
      <Button
        icon="retry"
        onClick={() => {
          onAskAgain(question.text);
        }}
      >
        Ask again
      </Button>
    </div>
  );
}
