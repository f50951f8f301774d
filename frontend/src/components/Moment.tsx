import { formatAge, formatMoment } from '../lib/format';

/** A moment as its age, with the full time on hover. */
export function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} title={formatMoment(at)}>
      {formatAge(at)}
    </time>
  );
}
