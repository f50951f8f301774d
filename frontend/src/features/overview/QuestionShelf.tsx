import { formatCount, formatDay } from '../../lib/format';
import type { OverviewQuery } from './overview.generated';
import css from './QuestionShelf.module.css';

type Day = OverviewQuery['guild']['statistics']['questionsPerDay'][number];

const kinds = ['failed', 'refused', 'answered'] as const;
const kindWords = { answered: 'Answered', refused: 'Not in the documents', failed: 'Failed' };

/** A day with one question must not look like a rush. */
const lowestScale = 8;

function totalOf({ answered, refused, failed }: Day): number {
  return answered + refused + failed;
}

/** Questions per day as volumes on a shelf; the same figures stand in a table for screen readers. */
export function QuestionShelf({ days }: { days: Day[] }) {
  const highest = Math.max(lowestScale, ...days.map(totalOf));
  return (
    <figure>
      <div className={css.shelf} aria-hidden="true">
        {days.map((day) => (
          <div key={day.day} className={css.day} title={sayDay(day)}>
            <span className={css.total}>{totalOf(day) > 0 && formatCount(totalOf(day))}</span>
            <Volume day={day} highest={highest} />
            <span className={css.name}>{formatDay(day.day)}</span>
          </div>
        ))}
      </div>
      <Legend days={days} />
      <div className="visually-hidden">
        <DayTable days={days} />
      </div>
    </figure>
  );
}

function sayDay(day: Day): string {
  const parts = kinds
    .toReversed()
    .map((kind) => `${kindWords[kind].toLowerCase()} ${formatCount(day[kind])}`);
  return `${formatDay(day.day, 'long')}: ${parts.join(', ')}`;
}

function Volume({ day, highest }: { day: Day; highest: number }) {
  return (
    <svg className={css.volume} width="100%" height="100%">
      {kinds.map((kind, index) => {
        const height = (day[kind] / highest) * 100;
        const below = kinds.slice(index).reduce((sum, other) => sum + day[other], 0);
        const y = 100 - (below / highest) * 100;
        if (height === 0) return null;
        return (
          <rect
            key={kind}
            className={css[kind]}
            width="100%"
            y={`${String(y)}%`}
            height={`${String(height)}%`}
          />
        );
      })}
    </svg>
  );
}

function Legend({ days }: { days: Day[] }) {
  return (
    <ul role="list" className={css.legend}>
      {kinds.toReversed().map((kind) => (
        <li key={kind}>
          <svg width="12" height="12" aria-hidden="true">
            <rect className={css[kind]} width="12" height="12" rx="2" />
          </svg>
          {kindWords[kind]} <b>{formatCount(days.reduce((sum, day) => sum + day[kind], 0))}</b>
        </li>
      ))}
    </ul>
  );
}

function DayTable({ days }: { days: Day[] }) {
  return (
    <table>
      <caption>Questions per day</caption>
      <thead>
        <tr>
          <th scope="col">Day</th>
          {kinds.map((kind) => (
            <th key={kind} scope="col">
              {kindWords[kind]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {days.map((day) => (
          <tr key={day.day}>
            <th scope="row">{formatDay(day.day, 'long')}</th>
            {kinds.map((kind) => (
              <td key={kind}>{day[kind]}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
