import { expect, test } from 'vitest';

import {
  formatAge,
  formatAmount,
  formatBytes,
  formatDay,
  formatDuration,
  formatLanguage,
  formatWait,
} from './format';

test.each([
  [0.4, '0.4 ms'],
  [8.2, '8 ms'],
  [340, '340 ms'],
  [1_380, '1.4 s'],
  [125_000, '2 min 5 s'],
])('says %d milliseconds as %s', (milliseconds, words) => {
  expect(formatDuration(milliseconds)).toBe(words);
});

test.each([
  [512, '512 B'],
  [1_950, '1.9 kB'],
  [26_700, '27 kB'],
  [6_310_000, '6.3 MB'],
])('says %d bytes as %s', (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words);
});

test.each([
  ['2026-03-09T11:59:30Z', 'just now'],
  ['2026-03-09T12:00:03Z', 'just now'],
  ['2026-03-09T11:57:00Z', '3 minutes ago'],
  ['2026-03-08T11:00:00Z', 'yesterday'],
  ['not a time', ''],
])('says the age of %s as "%s"', (moment, words) => {
  expect(formatAge(moment, Date.parse('2026-03-09T12:00:00Z'))).toBe(words);
});

test('a day is the same day in every time zone', () => {
  expect(formatDay('2026-03-09')).toBe('9 Mar');
});

test('one is singular', () => {
  expect([formatAmount(1, 'passage'), formatAmount(1_204, 'passage')]).toEqual([
    '1 passage',
    '1,204 passages',
  ]);
});

test.each([
  ['2026-03-09T15:00:00Z', 'in 3 hours'],
  ['2026-03-10T12:00:00Z', 'tomorrow'],
  ['2026-03-16T12:00:00Z', 'next week'],
  ['2026-03-09T12:00:30Z', 'soon'],
  ['2026-03-09T11:00:00Z', 'soon'],
  ['not a time', ''],
])('says the wait until %s as "%s"', (moment, words) => {
  expect(formatWait(moment, Date.parse('2026-03-09T12:00:00Z'))).toBe(words);
});

test.each([
  ['de', 'German'],
  ['fa', 'Persian'],
  ['!', '!'],
])('says the language %s as %s', (code, words) => {
  expect(formatLanguage(code)).toBe(words);
});
