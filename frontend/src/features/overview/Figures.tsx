import type { ReactNode } from 'react';

import { formatCount, formatDuration } from '../../lib/format';
import css from './Figures.module.css';
import type { OverviewQuery } from './overview.generated';

type Statistics = OverviewQuery['guild']['statistics'];

/** The counts behind the report, as a ledger page. */
export function Figures({ statistics }: { statistics: Statistics }) {
  const median = statistics.medianAnswerMilliseconds;
  return (
    <section className={css.ledger} aria-label="Figures">
      <h2>Documents</h2>
      <dl>
        <Entry name="Ready" value={formatCount(statistics.readyDocuments)} />
        <Entry name="Being read" value={formatCount(statistics.processingDocuments)} />
        <Entry
          name="Failed"
          value={formatCount(statistics.failedDocuments)}
          isBad={statistics.failedDocuments > 0}
        />
        <Entry name="Passages" value={formatCount(statistics.passages)} />
      </dl>
      <h2>Questions</h2>
      <dl>
        <Entry name="Answered" value={formatCount(statistics.answered)} />
        <Entry name="Not in the documents" value={formatCount(statistics.refused)} />
        <Entry name="Failed" value={formatCount(statistics.failed)} isBad={statistics.failed > 0} />
        <Entry name="Under way" value={formatCount(statistics.pending)} />
        <Entry name="Median answer time" value={median == null ? '–' : formatDuration(median)} />
      </dl>
    </section>
  );
}

function Entry({ name, value, isBad = false }: { name: string; value: ReactNode; isBad?: boolean }) {
  return (
    <div className={isBad ? css.bad : css.entry}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
