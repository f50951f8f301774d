import { formatDuration } from '../../lib/format';
import type { FullQuestionFragment } from './questions.generated';
import css from './TimingChart.module.css';

type Timing = FullQuestionFragment['timings'][number];

const stageWords: Partial<Record<string, string>> = {
  search: 'Searching',
  queue: 'Waiting for the model',
  first_token: 'Reading the passages',
  writing: 'Writing',
  checking: 'Checking',
};
const order = Object.keys(stageWords);

function sayStage(stage: string): string {
  return stageWords[stage] ?? stage.replaceAll('_', ' ');
}

/** The stages in their order; what was measured from the prompt on is counted from the first word on. */
function stagesOf(timings: Timing[]): Timing[] {
  const reading = timings.find(({ stage }) => stage === 'first_token')?.milliseconds ?? 0;
  return timings
    .filter(({ stage }) => !stage.includes('.') && stage !== 'total')
    .map(({ stage, milliseconds }) => ({
      stage,
      milliseconds: stage === 'writing' ? Math.max(0, milliseconds - reading) : milliseconds,
    }))
    .toSorted((one, other) => order.indexOf(one.stage) - order.indexOf(other.stage));
}

function sayParts(timings: Timing[], stage: string): string {
  return timings
    .filter((timing) => timing.stage.startsWith(`${stage}.`) && !timing.stage.endsWith('.total'))
    .map(
      (timing) => `${sayStage(timing.stage.slice(stage.length + 1))} ${formatDuration(timing.milliseconds)}`,
    )
    .join(' · ');
}

/** Each stage of an answer as a bar that begins where the one before it ended. */
export function TimingChart({ timings }: { timings: Timing[] }) {
  const stages = stagesOf(timings);
  const whole = stages.reduce((sum, { milliseconds }) => sum + milliseconds, 0) || 1;
  if (stages.length === 0) return null;
  return (
    <dl className={css.chart}>
      {stages.map(({ stage, milliseconds }, index) => {
        const before = stages.slice(0, index).reduce((sum, earlier) => sum + earlier.milliseconds, 0);
        const parts = sayParts(timings, stage);
        return (
          <div key={stage} className={css.stage}>
            <dt>{sayStage(stage)}</dt>
            <dd className={css.time}>{formatDuration(milliseconds)}</dd>
            <dd className={css.bar} aria-hidden="true">
              <Bar start={before / whole} length={milliseconds / whole} />
            </dd>
            {parts && <dd className={css.parts}>{parts}</dd>}
          </div>
        );
      })}
    </dl>
  );
}

/** A stretch of the whole time; start and length are shares of it. */
function Bar({ start, length }: { start: number; length: number }) {
  // Wide enough to be seen, and within the picture.
  const width = Math.max(0.008, length);
  const x = Math.min(start, 1 - width);
  return (
    <svg width="100%" height="8">
      <rect className={css.track} width="100%" height="8" rx="2" />
      <rect
        className={css.fill}
        x={`${String(100 * x)}%`}
        width={`${String(100 * width)}%`}
        height="8"
        rx="2"
      />
    </svg>
  );
}
