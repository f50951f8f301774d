const locale = 'en-GB';
const wholeNumber = new Intl.NumberFormat(locale);
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
const fullTime = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' });
const languages = new Intl.DisplayNames(locale, { type: 'language' });
const shortDay = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const weekday = new Intl.DateTimeFormat(locale, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  timeZone: 'UTC',
});

export function formatCount(count: number): string {
  return wholeNumber.format(count);
}

/** "1 passage", "1,204 passages". */
export function formatAmount(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${String(bytes)} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(bytes < 10_000 ? 1 : 0)} kB`;
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
}

/** "8 ms", "340 ms", "1.4 s", "2 min 5 s". */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 10) return `${milliseconds.toFixed(milliseconds < 1 ? 1 : 0)} ms`;
  if (milliseconds < 950) return `${milliseconds.toFixed(0)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  return `${String(Math.floor(seconds / 60))} min ${String(seconds % 60)} s`;
}

/** "German" for "de"; a code that is none is shown as it is. */
export function formatLanguage(code: string): string {
  try {
    return languages.of(code) ?? code;
  } catch {
    return code;
  }
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** "in 3 hours", "tomorrow"; what is due or overdue is "soon". */
export function formatWait(moment: string, now: number = Date.now()): string {
  const seconds = (Date.parse(moment) - now) / 1_000;
  if (Number.isNaN(seconds)) return '';
  const unit = units.find(([, length]) => seconds >= length);
  return unit === undefined ? 'soon' : relative.format(Math.round(seconds / unit[1]), unit[0]);
}

/** "just now", "3 minutes ago", "yesterday"; a clock a little ahead of ours also counts as now. */
export function formatAge(moment: string, now: number = Date.now()): string {
  const seconds = (now - Date.parse(moment)) / 1_000;
  if (Number.isNaN(seconds)) return '';
  const unit = units.find(([, length]) => seconds >= length);
  return unit === undefined ? 'just now' : relative.format(-Math.floor(seconds / unit[1]), unit[0]);
}

export function formatMoment(moment: string): string {
  const time = Date.parse(moment);
  return Number.isNaN(time) ? '' : fullTime.format(time);
}

/** A calendar day such as 2026-03-09, which has no time zone: "9 Mar". */
export function formatDay(day: string, style: 'short' | 'long' = 'short'): string {
  const time = Date.parse(`${day.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(time)) return day;
  return (style === 'short' ? shortDay : weekday).format(time);
}
