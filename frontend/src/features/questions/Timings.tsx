import { formatDuration } from '../../lib/format';
import type { FullQuestionFragment } from './questions.generated';
import css from './Timings.module.css';

type Timing = FullQuestionFragment['timings'][number];

/** How long the answer took in small print; its parts on request. */
export function Timings({ question: { timings, askedAt, answeredAt } }: { question: FullQuestionFragment }) {
  const whole = answeredAt === null ? NaN : Date.parse(answeredAt) - Date.parse(askedAt);
  // `search.dense` is a part of `search`; totals only repeat what stands beside them.
  const stages = timings.filter(({ stage }) => !stage.includes('.') && stage !== 'total');
  const parts = timings.filter(({ stage }) => stage.includes('.') && !stage.endsWith('.total'));
  if (stages.length === 0 && Number.isNaN(whole)) return null;
  return (
    <details className={css.timings}>
      <summary>{whole >= 0 ? `Answered in ${formatDuration(whole)}` : 'How long it took'}</summary>
      <dl>
        {[...stages, ...parts].map(({ stage, milliseconds }) => (
          <div key={stage}>
            <dt>{sayStage(stage)}</dt>
            <dd>{formatDuration(milliseconds)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function sayStage(stage: Timing['stage']): string {
  return stage.replaceAll('.', ', ').replaceAll('_', ' ');
}
