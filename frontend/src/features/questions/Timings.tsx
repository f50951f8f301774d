import { formatDuration } from '../../lib/format';
import type { FullQuestionFragment } from './questions.generated';
import css from './Timings.module.css';

/** How long the answer took, stage by stage, in small print. */
export function Timings({ question: { timings, askedAt, answeredAt } }: { question: FullQuestionFragment }) {
  const whole = answeredAt === null ? NaN : Date.parse(answeredAt) - Date.parse(askedAt);
  if (timings.length === 0 && Number.isNaN(whole)) return null;
  return (
    <dl className={css.timings} aria-label="Timings">
      {timings.map(({ stage, milliseconds }) => (
        <div key={stage}>
          <dt>{stage.replaceAll('_', ' ')}</dt>
          <dd>{formatDuration(milliseconds)}</dd>
        </div>
      ))}
      {whole >= 0 && (
        <div>
          <dt>asked to answered</dt>
          <dd>{formatDuration(whole)}</dd>
        </div>
      )}
    </dl>
  );
}
