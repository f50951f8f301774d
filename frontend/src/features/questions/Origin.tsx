import { useState } from 'react';

import { formatDuration } from '../../lib/format';
import { useMayCurate } from '../../lib/guild';
import { AnswerRecord } from './AnswerRecord';
import css from './Origin.module.css';
import type { FullQuestionFragment } from './questions.generated';
import { TimingChart } from './TimingChart';

/** How long the answer took in small print; on request its parts and, for moderators, how it came about. */
export function Origin({ question }: { question: FullQuestionFragment }) {
  const { id, timings, askedAt, answeredAt } = question;
  const mayCurate = useMayCurate();
  const [isOpen, setIsOpen] = useState(false);
  const whole = answeredAt === null ? NaN : Date.parse(answeredAt) - Date.parse(askedAt);
  if (timings.length === 0 && Number.isNaN(whole) && !mayCurate) return null;
  const time = whole >= 0 ? `Answered in ${formatDuration(whole)}` : 'How long it took';
  return (
    <details
      className={css.origin}
      onToggle={({ currentTarget }) => {
        setIsOpen(currentTarget.open);
      }}
    >
      <summary>{mayCurate ? `How this answer came about · ${time.toLowerCase()}` : time}</summary>
      <div className={css.parts}>
        <TimingChart timings={timings} />
        {isOpen && mayCurate && <AnswerRecord questionId={id} />}
      </div>
    </details>
  );
}
