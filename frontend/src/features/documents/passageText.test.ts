import { expect, test } from 'vitest';

import { splitAround, withoutHeadings } from './passageText';

test.each([
  ['headings above the text', 'Seeds\n\nBorrowing\n\nFive packets.', 'Five packets.'],
  ['headings with their marks', '# Seeds\n\n## Borrowing\nFive.', 'Five.'],
  ['no headings', 'Five packets.', 'Five packets.'],
  ['a text that is only headings', 'Seeds\nBorrowing', 'Seeds\nBorrowing'],
  ['a heading further down, which belongs to the text', 'Five.\nBorrowing', 'Five.\nBorrowing'],
])('reads %s', (_, text, body) => {
  expect(withoutHeadings({ text, headingPath: ['Borrowing'] }, 'Seeds')).toBe(body);
});

test.each([
  ['a quote inside', 'One. Two. Three.', 'Two.', ['One. ', 'Two.', ' Three.']],
  ['a quote that is not there', 'One.', 'Two.', ['One.', '', '']],
  ['no quote', 'One.', null, ['One.', '', '']],
  ['an empty quote', 'One.', '', ['One.', '', '']],
])('splits around %s', (_, text, quote, parts) => {
  expect(splitAround(text, quote)).toEqual(parts);
});
