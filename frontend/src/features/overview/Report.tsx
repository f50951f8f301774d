import { ButtonLink } from '../../components/ButtonLink';
import { formatAmount, formatCount } from '../../lib/format';
import { useMayCurate } from '../../lib/guild';
import type { OverviewQuery } from './overview.generated';
import css from './Report.module.css';

type Statistics = OverviewQuery['guild']['statistics'];

function sayQuestions({ questions, answered, refused }: Statistics) {
  if (questions === 0) return <>No question has been asked so far.</>;
  return (
    <>
      Of <strong>{formatAmount(questions, 'question')}</strong> it has answered{' '}
      <strong>{formatCount(answered)}</strong>
      {refused > 0 ? <>; {formatCount(refused)} had no answer in the documents.</> : '.'}
    </>
  );
}

/** The library's state in two sentences, as a keeper would report it. */
export function Report({ name, statistics }: { name: string; statistics: Statistics }) {
  const mayCurate = useMayCurate();
  const { readyDocuments, passages, processingDocuments } = statistics;
  return (
    <header className={css.report}>
      <div>
        <h1>{name}</h1>
        <p className={css.words}>
          The library holds <strong>{formatAmount(readyDocuments, 'document')}</strong> in{' '}
          {formatAmount(passages, 'passage')}. {sayQuestions(statistics)}
        </p>
        <p className={css.now} role="status">
          {processingDocuments > 0 && (
            <>{formatAmount(processingDocuments, 'document')} being read right now.</>
          )}
        </p>
      </div>
      <div className={css.actions}>
        <ButtonLink to="/ask" look="main" icon="ask">
          Ask a question
        </ButtonLink>
        {mayCurate && (
          <ButtonLink to="/documents" icon="upload">
            Add documents
          </ButtonLink>
        )}
      </div>
    </header>
  );
}
