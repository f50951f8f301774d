import { screen, within } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';

import { fakeServer, Refusal } from '../../testing/fakeServer';
import { openPage } from '../../testing/openPage';
import { document as sample, page, question, statistics } from '../../testing/samples';

const history = () => ({ guild: { id: '1', questions: page([]) } });
const found = (change: object) => () => ({ guild: { id: '1', question: { ...question, ...change } } });

afterEach(() => {
  vi.useRealTimers();
});

test('Enter sends the question, and the answer appears when it is there', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  let status = 'ASKED';
  const { calls } = fakeServer({
    Questions: history,
    Ask: () => ({ ask: { id: 'q1', text: question.text, status } }),
    Question: () => found({ status, stage: status === 'ASKED' ? 'ASKED' : 'ENDED' })(),
  });
  const user = openPage('/ask');
  await user.type(await screen.findByLabelText('Your question'), ' How many?{Enter}');
  expect(await screen.findByText(/lantern to the shelves/)).toBeVisible();
  status = 'ANSWERED';
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await screen.findByText('five')).toBeVisible();
  expect(calls.find(({ name }) => name === 'Ask')?.variables).toEqual({
    guildId: '1',
    text: 'How many?',
    conversation: expect.stringMatching(
      /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
    ) as unknown,
  });
});

test('Shift and Enter start a new line instead', async () => {
  const { calls } = fakeServer({ Questions: history });
  const user = openPage('/ask');
  const box = await screen.findByLabelText('Your question');
  await user.type(box, 'One{Shift>}{Enter}{/Shift}two');
  expect(box).toHaveValue('One\ntwo');
  expect(calls.some(({ name }) => name === 'Ask')).toBe(false);
});

test('whoever asked may type on at once', async () => {
  fakeServer({ Questions: history, Question: found({}), Ask: () => ({ ask: { id: 'q1' } }) });
  const user = openPage('/ask');
  const box = await screen.findByLabelText('Your question');
  expect(box).toHaveFocus();
  await user.type(box, 'How many packets?{Enter}');
  expect(await screen.findByRole('article')).toBeVisible();
  expect(screen.getByLabelText('Your question')).toHaveFocus();
  expect(screen.getByLabelText('Your question')).toHaveValue('');
});

test('the page to ask on is ready to be typed at, whatever was open before', async () => {
  fakeServer({ Questions: history, Question: found({}) });
  const user = openPage('/questions/q1');
  await screen.findByRole('article');
  expect(screen.getByLabelText('Your question')).not.toHaveFocus();
  await user.click(screen.getByRole('link', { name: 'Ask' }));
  expect(screen.getByLabelText('Your question')).toHaveFocus();
});

test('a refused question stays in the box with the server’s reason', async () => {
  const reason = 'A question may have 500 characters at most. Shorten it and ask again.';
  fakeServer({
    Questions: history,
    Ask: () => {
      throw new Refusal('invalid_request', reason);
    },
  });
  const user = openPage('/ask');
  await user.type(await screen.findByLabelText('Your question'), 'Too long{Enter}');
  expect(await screen.findByText(reason)).toBeVisible();
  expect(screen.getByLabelText('Your question')).toHaveValue('Too long');
});

test('a number in the answer leads to its source', async () => {
  fakeServer({ Questions: history, Question: found({}) });
  const user = openPage('/questions/q1');
  await user.click(await screen.findByRole('button', { name: 'Source 1: Seed library' }));
  const note = within(screen.getByRole('complementary', { name: 'Sources' })).getByRole('listitem');
  expect(note).toHaveFocus();
  expect(within(note).getByText(/up to five packets/)).toBeVisible();
  expect(within(note).getByRole('link', { name: 'Seed library' })).toHaveAttribute(
    'href',
    '/documents/d1?passage=4',
  );
});

test('hostile text in an answer or a citation stays text', async () => {
  const attack =
    '<img src=x onerror=alert(1)> [go](https://evil.example) ![p](https://evil.example/p.png) [9]';
  const citation = {
    ...question.citations[0],
    title: attack,
    quote: attack,
    url: 'javascript:alert(1)',
    documentId: null,
  };
  fakeServer({
    Questions: history,
    Question: found({ answer: attack, text: attack, citations: [citation] }),
  });
  openPage('/questions/q1');
  const article = await screen.findByRole('article');
  expect(article.querySelectorAll('img, script, iframe, a')).toHaveLength(0);
  expect(within(article).getAllByText(/<img src=x/).length).toBeGreaterThan(2);
});

test.each([
  ['a quoted answer is marked as such', { answerKind: 'EXTRACTIVE' }, /Quoted passages/],
  [
    'a quotation says why the model did not write',
    { answerKind: 'EXTRACTIVE', fallback: 'UNSUPPORTED' },
    /went beyond the documents/,
  ],
  ['an answer given before is marked as such', { isCached: true }, /Answered before/],
  ['an answer that was stopped says so', { fallback: 'STOPPED' }, /written and checked by then/],
  ['an answer that broke off says so', { fallback: 'UNAVAILABLE' }, /did not come to its end/],
  ['a refusal names the nearest documents', { status: 'REFUSED', answerKind: null }, 'The nearest documents'],
  [
    'a failure says why',
    { status: 'FAILED', answer: null, failureReason: 'The model stopped.' },
    'The model stopped.',
  ],
])('%s', async (_, change, words) => {
  fakeServer({ Questions: history, Question: found(change) });
  openPage('/questions/q1');
  expect(await screen.findByText(words)).toBeVisible();
});

test('a link to a question of another guild says so', async () => {
  fakeServer({ Questions: history, Question: () => ({ guild: { id: '1', question: null } }) });
  openPage('/questions/q404');
  expect(await screen.findByText('This question is not here')).toBeVisible();
});

test('a source leads to its passage with the quoted words marked', async () => {
  const passage = {
    ordinal: 4,
    text: 'Borrowing\n\nEach household may borrow up to five packets. Rare ones not.',
    headingPath: ['Borrowing'],
    page: null,
  };
  fakeServer({
    Questions: history,
    Question: found({}),
    Document: () => ({ guild: { id: '1', statistics, document: sample } }),
    Passages: () => ({ guild: { id: '1', document: { id: 'd1', passages: [passage] } } }),
  });
  const user = openPage('/questions/q1');
  await user.click(await screen.findByRole('link', { name: 'Seed library' }));
  expect(await screen.findByRole('mark')).toHaveTextContent('Each household may borrow up to five packets.');
});
