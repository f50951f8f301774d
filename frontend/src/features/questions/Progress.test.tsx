import { screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';

import { fakeServer, Refusal, viewer } from '../../testing/fakeServer';
import { fakeStreams } from '../../testing/fakeStreams';
import { openPage } from '../../testing/openPage';
import { page, question } from '../../testing/samples';

const history = () => ({ guild: { id: '1', questions: page([]) } });
const found = (change: object) => ({ guild: { id: '1', question: { ...question, ...change } } });
const asked = { status: 'ANSWERING', stage: 'SEARCHING', answer: null, citations: [], isOwn: true };
const step = (change: object) => ({
  stage: 'WRITING',
  place: null,
  partial: null,
  isStopped: false,
  ...change,
});
const asMember = () => ({
  viewer: { ...viewer.viewer, guilds: [{ id: '1', name: 'Moss & Lantern', role: 'MEMBER' }] },
});

afterEach(() => {
  vi.useRealTimers();
});

async function openStream(answers: Parameters<typeof fakeServer>[0] = {}) {
  const streams = fakeStreams();
  const { calls } = fakeServer({ Questions: history, Question: () => found(asked), ...answers });
  const user = openPage('/questions/q1');
  await waitFor(() => {
    expect(streams).toHaveLength(1);
  });
  const stream = streams[0];
  if (!stream) throw new Error('No stream was opened.');
  stream.open();
  return { stream, streams, calls, user };
}

test('an answer is told step by step, from the queue to its sources', async () => {
  let change: object = asked;
  const { stream } = await openStream({ Question: () => found(change) });
  expect(stream.path).toBe('/api/guilds/1/questions/q1/events');
  const status = within(screen.getByRole('article')).getByRole('status');
  expect(status).toHaveTextContent('Searching the documents…');
  stream.tell('progress', step({ stage: 'QUEUED', place: 2 }));
  expect(status).toHaveTextContent('2 answers ahead of yours');
  stream.tell('progress', step({ stage: 'READING' }));
  expect(status).toHaveTextContent('Reading the passages');
  stream.tell('progress', step({ partial: 'Up to **five** packets. [1]' }));
  expect(screen.getByText('five')).toBeVisible();
  expect(screen.queryByRole('button', { name: /Source 1/ })).toBeNull();
  change = {};
  stream.tell('ended', null);
  expect(await screen.findByRole('button', { name: 'Source 1: Seed library' })).toBeVisible();
  expect(stream.isClosed).toBe(true);
  expect(screen.queryByRole('button', { name: 'Stop' })).toBeNull();
});

test('screen readers tell the status while it is written, and the answer once', async () => {
  let change: object = asked;
  const { stream } = await openStream({ Question: () => found(change) });
  stream.tell('progress', step({ partial: 'Up to five' }));
  const written = screen.getByText('Up to five').closest('[aria-live]');
  expect(written).toHaveAttribute('aria-live', 'off');
  expect(written).toHaveAttribute('aria-busy', 'true');
  const status = within(screen.getByRole('article')).getByRole('status');
  expect(status.closest('[aria-busy]')).toBeNull();
  change = {};
  stream.tell('ended', null);
  expect((await screen.findByText('five')).closest('[aria-live]')).toHaveAttribute('aria-live', 'polite');
});

test('a stream that is lost leaves the page reading the row, whose newer word counts', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  let change: object = asked;
  const { stream } = await openStream({ Question: () => found(change) });
  stream.tell('progress', step({ partial: 'Up to five' }));
  stream.lose();
  expect(screen.getByText('Up to five')).toBeVisible();
  change = { ...asked, ...step({ partial: 'Up to five packets a year' }) };
  await vi.advanceTimersByTimeAsync(1_100);
  expect(await screen.findByText('Up to five packets a year')).toBeVisible();
  change = {};
  await vi.advanceTimersByTimeAsync(1_100);
  expect(await screen.findByText(/up to five packets/i)).toBeVisible();
});

test('hostile text stays text while it is written, too', async () => {
  const { stream } = await openStream();
  const attack = '<img src=x onerror=alert(1)> [go](https://evil.example) ![p](https://evil.example/p.png)';
  stream.tell('progress', step({ partial: attack }));
  const article = screen.getByRole('article');
  expect(article.querySelectorAll('img, script, a')).toHaveLength(0);
  expect(within(article).getByText(/<img src=x/)).toBeVisible();
});

test('an answer is stopped once', async () => {
  let isStopped = false;
  const { calls, user } = await openStream({
    Question: () => found({ ...asked, isStopped }),
    StopQuestion: () => ({ stopQuestion: { id: 'q1', isStopped: (isStopped = true) } }),
  });
  await user.click(screen.getByRole('button', { name: 'Stop' }));
  expect(await screen.findByText('Stopping…')).toBeVisible();
  expect(screen.getByRole('button', { name: 'Stop' })).toBeDisabled();
  expect(calls.find(({ name }) => name === 'StopQuestion')?.variables).toEqual({
    guildId: '1',
    questionId: 'q1',
  });
});

test('an answer that ended meanwhile is not stopped, and the page says why', async () => {
  const reason = 'This answer has ended already, so there is nothing to stop.';
  const { user } = await openStream({
    StopQuestion: () => {
      throw new Refusal('conflict', reason);
    },
  });
  await user.click(screen.getByRole('button', { name: 'Stop' }));
  expect(await screen.findByText(reason)).toBeVisible();
});

test('a member cannot stop what somebody else asked', async () => {
  await openStream({ Viewer: asMember, Question: () => found({ ...asked, isOwn: false }) });
  expect(screen.getByText('Searching the documents…')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Stop' })).toBeNull();
});

test('a question that has ended needs no stream', async () => {
  const streams = fakeStreams();
  fakeServer({ Questions: history, Question: () => found({}) });
  openPage('/questions/q1');
  expect(await screen.findByText('five')).toBeVisible();
  expect(streams).toEqual([]);
});
