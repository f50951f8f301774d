import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';

import { fakeServer } from '../../testing/fakeServer';
import { openPage } from '../../testing/openPage';
import { document as sample, statistics } from '../../testing/samples';

const passageCount = 200;

function passages({ first, after }: Record<string, unknown>) {
  const ordinals = Array.from({ length: passageCount }, (_, ordinal) => ordinal);
  const wanted = ordinals.filter((ordinal) => ordinal > Number(after)).slice(0, Number(first));
  const nodes = wanted.map((ordinal) => ({
    ordinal,
    text: `Text ${String(ordinal)}.`,
    headingPath: ['Borrowing'],
    page: 1,
  }));
  return { guild: { id: '1', document: { id: 'd1', passages: nodes } } };
}

const server = () =>
  fakeServer({
    Document: () => ({ guild: { id: '1', statistics, document: { ...sample, passageCount } } }),
    Passages: passages,
  });

test('a link to a passage opens the document there', async () => {
  server();
  openPage('/documents/d1?passage=120');
  const sign = await screen.findByText('The cited passage');
  const cited = sign.closest('section');
  expect(cited).toHaveTextContent('Text 120.');
  expect(cited).toHaveFocus();
});

test('what stands before and after is read in order and without gaps', async () => {
  server();
  const user = openPage('/documents/d1?passage=120');
  await user.click(await screen.findByRole('button', { name: 'Show what comes before' }));
  await user.click(screen.getByRole('button', { name: 'Show what comes next' }));
  await screen.findByText('Text 199.');
  await screen.findByText('Text 63.');
  const shown = screen
    .getAllByText(/^Text \d+\.$/)
    .map(({ textContent }) => Number(textContent.slice(5, -1)));
  expect(shown).toEqual(Array.from({ length: shown.length }, (_, index) => (shown[0] ?? 0) + index));
});

test('a passage that a new version lost is said to be gone', async () => {
  server();
  openPage('/documents/d1?passage=5000');
  expect(await screen.findByText(/not in this version/)).toBeVisible();
  expect(await screen.findByText('Text 0.')).toBeVisible();
});

test('a deleted document says so', async () => {
  fakeServer({ Document: () => ({ guild: { id: '1', statistics, document: null } }) });
  openPage('/documents/gone');
  expect(await screen.findByText('This document is not in the library')).toBeVisible();
});
