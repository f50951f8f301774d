import { formatDuration } from '../../lib/format';
import type { FullQuestionFragment } from './questions.generated';
import css from './TimingChart.module.css';

type Timing = FullQuestionFragment['timings'][number];

const stageWords: Partial<Record<string, string>> = {
  search: 'Searching',
  queue: 'Waiting for the model',
  first_token: 'Until the first word',
  writing: 'Writing',
  checking: 'Checking',
  answer: 'Answering',
};
const order = Object.keys(stageWords);

function sayStage(stage: string): string {
  return stageWords[stage] ?? stage.replaceAll('_', ' ');
}

/** Each stage of an answer as a bar, the parts of searching beneath it. */
export function TimingChart({ timings }: { timings: Timing[] }) {
  // Totals only repeat what stands beside them.
  const shown = timings.filter(({ stage }) => !/(^|\.)total$/.test(stage));
  const stages = shown
    .filter(({ stage }) => !stage.includes('.'))
    .toSorted((one, other) => order.indexOf(one.stage) - order.indexOf(other.stage));
  const longest = Math.max(...stages.map(({ milliseconds }) => milliseconds), 1);
  if (stages.length === 0) return null;
  return (
    <dl className={css.chart}>
      {stages.map((timing) => (
        <Bar key={timing.stage} name={sayStage(timing.stage)} timing={timing} longest={longest}>
          {shown
            .filter(({ stage }) => stage.startsWith(`${timing.stage}.`))
            .map(({ stage, milliseconds }) => {
              const part = sayStage(stage.slice(timing.stage.length + 1));
              return `${part} ${formatDuration(milliseconds)}`;
            })
            .join(' · ')}
        </Bar>
      ))}
    </dl>
  );
}

interface BarProps {
  name: string;
  timing: Timing;
  longest: number;
  /** What it is made of, in words. */
  children: string;
}

function Bar({ name, timing: { milliseconds }, longest, children }: BarProps) {
  return (
    <div className={css.stage}>
      <dt>{name}</dt>
      <dd className={css.time}>{formatDuration(milliseconds)}</dd>
      <dd className={css.bar} aria-hidden="true">
        <svg width="100%" height="8">
          <rect
            className={css.fill}
            width={`${String(Math.max(0.5, (milliseconds / longest) * 100))}%`}
            height="8"
            rx="2"
          />
        </svg>
      </dd>
      {children && <dd className={css.parts}>{children}</dd>}
    </div>
  );
}
