import { expect, test } from 'vitest';

import { readBlocks, readSpans } from './answerMarkup';

const text = (value: string) => ({ kind: 'text', text: value });

test.each([
  ['plain text', 'No marks.', [text('No marks.')]],
  ['a citation', 'Five. [1]', [text('Five. '), { kind: 'citation', number: 1 }]],
  [
    'several numbers in one mark',
    '[1, 12]',
    [
      { kind: 'citation', number: 1 },
      { kind: 'citation', number: 12 },
    ],
  ],
  [
    'a citation in bold',
    '**five [2]**',
    [{ kind: 'strong', spans: [text('five '), { kind: 'citation', number: 2 }] }],
  ],
  ['code keeps its marks', '`a **b** [1]`', [{ kind: 'code', text: 'a **b** [1]' }]],
  ['an escaped mark is a letter', '\\*not\\*', [text('*'), text('not'), text('*')]],
  ['a lone star is a star', '2 * 3 * 4', [text('2 * 3 * 4')]],
  ['snake_case is no emphasis', 'the_long_name', [text('the_long_name')]],
])('reads %s', (_, source, spans) => {
  expect(readSpans(source)).toEqual(spans);
});

test.each([
  ['a masked link', '[click](https://evil.example/?q=secret)'],
  ['an image', '![x](https://evil.example/pixel.png)'],
  ['a bare address', 'https://evil.example/'],
  ['an autolink', '<https://evil.example/>'],
  ['a reference link', '[click][evil]'],
  ['HTML', '<img src=x onerror=alert(1)><script>alert(1)</script>'],
  ['a script address', '[x](javascript:alert(1))'],
])('leaves %s as text', (_, source) => {
  expect(readSpans(source).map(({ kind }) => kind)).toEqual(['text']);
});

test.each([
  ['paragraphs', 'One\nstill one\n\nTwo', ['paragraph', 'paragraph']],
  ['a list under a paragraph', 'Do:\n1. this\n2. that', ['paragraph', 'list']],
  ['a heading', '## Title\nText', ['heading', 'paragraph']],
  ['quotes', '> said [1]\n\nSo.', ['quote', 'paragraph']],
  ['a fence', '```py\nx = [1]\n```\nDone', ['code', 'paragraph']],
  ['a fence that never ends', '```\nx = 1', ['code']],
  ['nothing', '', []],
])('splits %s into blocks', (_, source, kinds) => {
  expect(readBlocks(source).map(({ kind }) => kind)).toEqual(kinds);
});

test('numbers a list only where the answer numbers it', () => {
  expect(readBlocks('- a\n- b')).toMatchObject([{ kind: 'list', isOrdered: false }]);
  expect(readBlocks('1. a\n2. b')).toMatchObject([{ kind: 'list', isOrdered: true }]);
});
