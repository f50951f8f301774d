import { screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';

import { fakeServer, viewer } from '../../testing/fakeServer';
import { openPage } from '../../testing/openPage';
import { page, question } from '../../testing/samples';

const id = 'a2b1c0d9-0000-4000-8000-000000000000';
const history = () => ({ guild: { id: '1', questions: page([]) } });
const found = (change: object) => ({ guild: { id: '1', question: { ...question, ...change } } });
const conversation = () => ({
  guild: {
    id: '1',
    conversation: [
      { id: 'q0', text: 'Who lends seeds?', status: 'ANSWERED' },
      { id: 'q1', text: question.text, status: 'ANSWERED' },
    ],
  },
});

test('a question asked from an answer continues its conversation', async () => {
  const { calls } = fakeServer({
    Questions: history,
    Question: () => found({ conversation: id }),
    Conversation: conversation,
    Ask: () => ({ ask: { id: 'q2', text: 'And rare ones?', status: 'ASKED' } }),
  });
  const user = openPage('/questions/q1');
  const trail = await screen.findByRole('navigation', { name: 'This conversation' });
  expect(within(trail).getByRole('link', { name: 'Who lends seeds?' })).toHaveAttribute(
    'href',
    '/questions/q0',
  );
  await user.type(screen.getByPlaceholderText('Ask a follow-up'), 'And rare ones?{Enter}');
  expect(calls.find(({ name }) => name === 'Ask')?.variables).toMatchObject({
    conversation: id,
    follows: 'q1',
  });
});

test('what somebody else asked is not continued', async () => {
  fakeServer({ Questions: history, Question: () => found({}) });
  openPage('/questions/q1');
  expect(await screen.findByText('five')).toBeVisible();
  expect(screen.queryByPlaceholderText('Ask a follow-up')).toBeNull();
  expect(screen.queryByRole('button', { name: /Forget/ })).toBeNull();
});

test('a conversation is forgotten, and the next question stands alone', async () => {
  let known: string | null = id;
  const { calls } = fakeServer({
    Questions: history,
    Question: () => found({ conversation: known }),
    Conversation: conversation,
    ForgetConversation: () => {
      known = null;
      return { forgetConversation: 2 };
    },
  });
  const user = openPage('/questions/q1');
  await user.click(await screen.findByRole('button', { name: 'Forget this conversation' }));
  expect(await screen.findByText(/^Forgotten/)).toBeVisible();
  expect(await screen.findByPlaceholderText('Ask the library anything')).toBeVisible();
  expect(calls.find(({ name }) => name === 'ForgetConversation')?.variables).toEqual({
    guildId: '1',
    conversation: id,
  });
});

test('a new conversation begins at an empty desk', async () => {
  fakeServer({
    Questions: history,
    Question: () => found({ conversation: id }),
    Conversation: conversation,
  });
  const user = openPage('/questions/q1');
  await user.click(await screen.findByRole('link', { name: 'New conversation' }));
  expect(await screen.findByPlaceholderText('Ask the library anything')).toBeVisible();
});

const record = {
  model: 'llama3.2',
  evidence: 0.62,
  gate: 'BALANCED',
  leastEvidence: 0.3,
  leftOut: 2,
  turns: ['Who lends seeds?'],
  rewritten: 'How many seed packets may I borrow?',
  promptVersion: '3',
  promptTokens: 1204,
  writtenTokens: 31,
  doneReason: 'stop',
  checkedSentences: 3,
  supportedSentences: 2,
  fallback: null,
  cachedFrom: null,
  passages: [
    { title: 'Seed library', location: 'Borrowing', score: 0.91, used: true, documentId: 'd1' },
    { title: 'Rules', location: '', score: null, used: false, documentId: null },
  ],
};

test('a moderator reads how an answer came about', async () => {
  fakeServer({
    Questions: history,
    Question: () => found({}),
    Record: () => ({ guild: { id: '1', question: { id: 'q1', record } } }),
  });
  const user = openPage('/questions/q1');
  await user.click(await screen.findByText(/How this answer came about/));
  expect(await screen.findByText('0.62 of at least 0.30 (balanced)')).toBeVisible();
  expect(screen.getByText('version 3, 1,204 tokens')).toBeVisible();
  expect(screen.getByText('2 of 3 sentences supported')).toBeVisible();
  const listed = within(screen.getByRole('region', { name: 'Passages found' }));
  expect(listed.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
    '0.91Seed libraryBorrowingused',
    '–Rulesnot used',
  ]);
  expect(screen.getByText('2 passages had no room.')).toBeVisible();
});

test('a member sees how long it took, and asks for no more', async () => {
  const { calls } = fakeServer({
    Viewer: () => ({
      viewer: { ...viewer.viewer, guilds: [{ id: '1', name: 'Moss & Lantern', role: 'MEMBER' }] },
    }),
    Questions: history,
    Question: () => found({ timings: [{ stage: 'writing', milliseconds: 900 }] }),
  });
  const user = openPage('/questions/q1');
  await user.click(await screen.findByText('Answered in 2.0 s'));
  expect(screen.getByText('Writing')).toBeVisible();
  expect(calls.some(({ name }) => name === 'Record')).toBe(false);
});
