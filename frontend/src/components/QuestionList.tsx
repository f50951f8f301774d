import { Link } from 'react-router';

import { Moment } from './Moment';
import css from './QuestionList.module.css';

type QuestionStatus = 'ASKED' | 'ANSWERING' | 'ANSWERED' | 'REFUSED' | 'FAILED';

interface ListedQuestion {
  id: string;
  text: string;
  status: QuestionStatus;
  origin: string;
  askedAt: string;
}

const statusWords: Record<QuestionStatus, string> = {
  ASKED: 'Waiting',
  ANSWERING: 'Looking it up',
  ANSWERED: 'Answered',
  REFUSED: 'Not in the documents',
  FAILED: 'Failed',
};

const originWords: Record<string, string> = {
  discord: 'on Discord',
  dashboard: 'here',
  cli: 'on the command line',
};

interface QuestionListProps {
  questions: ListedQuestion[];
  /** The question that the page shows already. */
  currentId?: string | undefined;
}

export function QuestionList({ questions, currentId }: QuestionListProps) {
  return (
    <ol role="list" className={css.list}>
      {questions.map(({ id, text, status, origin, askedAt }) => (
        <li key={id} className={css[status.toLowerCase()]}>
          <Link
            to={`/questions/${id}`}
            className={css.text}
            aria-current={id === currentId ? 'page' : undefined}
          >
            {text}
          </Link>
          <p className={css.about}>
            <span className={css.status}>{statusWords[status]}</span>
            <span>
              asked {originWords[origin] ?? `by ${origin}`}, <Moment at={askedAt} />
            </span>
          </p>
        </li>
      ))}
    </ol>
  );
}
