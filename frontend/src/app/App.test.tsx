import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, test, vi } from 'vitest';

import { fakeServer, Refusal, viewer } from '../testing/fakeServer';
import { openPage } from '../testing/openPage';
import { page, question, statistics } from '../testing/samples';

const notSignedIn = () => {
  throw new Refusal('unauthenticated', 'You are not signed in. Sign in and try again.');
};
const overview = (counts = {}) => ({
  guild: { id: '1', statistics: { ...statistics, ...counts }, questions: page([question]) },
});

test('somebody signed out signs in and lands on the page they wanted', async () => {
  let isSignedIn = false;
  const { calls } = fakeServer({
    Viewer: () => (isSignedIn ? viewer : notSignedIn()),
    Overview: () => overview(),
    '/auth/methods': () => ({ methods: ['development', 'carrier-pigeon'] }),
    '/auth/development': () => ({ token: 't', ok: (isSignedIn = true) }),
  });
  const user = openPage('/');
  await user.click(await screen.findByRole('button', { name: 'Continue as developer' }));
  expect(await screen.findByRole('heading', { name: 'Moss & Lantern' })).toBeVisible();
  expect(screen.queryByText(/pigeon/)).toBeNull();
  expect(calls.every(({ headers }) => headers.get('X-Lorekeeper') === '1')).toBe(true);
});

test('the overview reports the counts and the latest questions', async () => {
  fakeServer({ Overview: () => overview() });
  openPage('/');
  const figures = await screen.findByRole('region', { name: 'Figures' });
  expect(within(figures).getByText('1,204')).toBeVisible();
  expect(within(figures).getByText('1.4 s')).toBeVisible();
  expect(screen.getByRole('link', { name: question.text })).toHaveAttribute('href', '/questions/q1');
  expect(screen.getByRole('row', { name: /Monday,? 9 March 1 0 2/ })).toBeInTheDocument();
});

test('a member is not invited to add documents', async () => {
  const guilds = [{ id: '1', name: 'Moss & Lantern', role: 'MEMBER' }];
  fakeServer({ Viewer: () => ({ viewer: { ...viewer.viewer, guilds } }), Overview: () => overview() });
  openPage('/');
  expect(await screen.findByRole('link', { name: 'Ask a question' })).toBeVisible();
  expect(screen.queryByRole('link', { name: 'Add documents' })).toBeNull();
});

test('another page has the focus, so that a screen reader begins to read it', async () => {
  fakeServer({
    Overview: () => overview(),
    Documents: () => ({ guild: { id: '1', statistics, documents: page([]) } }),
  });
  const user = openPage('/');
  await user.click(await screen.findByRole('link', { name: 'Documents' }));
  expect(screen.getByRole('main')).toHaveFocus();
});

test('an empty library says what to do first', async () => {
  fakeServer({ Overview: () => overview({ documents: 0, questions: 0 }) });
  openPage('/');
  expect(await screen.findByRole('link', { name: 'Add documents' })).toHaveAttribute('href', '/documents');
});

test('a session that ends while a page is open leads to the door', async () => {
  let hasEnded = false;
  fakeServer({
    Viewer: () => (hasEnded ? notSignedIn() : viewer),
    Overview: () => (hasEnded ? notSignedIn() : overview()),
    Questions: () => (hasEnded ? notSignedIn() : { guild: { id: '1', questions: page([]) } }),
    '/auth/methods': () => ({ methods: ['development'] }),
  });
  const user = openPage('/');
  await screen.findByRole('heading', { name: 'Moss & Lantern' });
  hasEnded = true;
  await user.click(screen.getByRole('link', { name: 'Ask' }));
  expect(await screen.findByRole('button', { name: 'Continue as developer' })).toBeVisible();
});

test('a server that is away is named, and what was loaded stays', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  let isAway = false;
  fakeServer({
    Overview: () => {
      if (isAway) throw new TypeError('Failed to fetch');
      return overview();
    },
  });
  openPage('/');
  await screen.findByRole('heading', { name: 'Moss & Lantern' });
  isAway = true;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await screen.findByText(/does not answer/)).toBeVisible();
  expect(screen.getByRole('heading', { name: 'Moss & Lantern' })).toBeVisible();
  vi.useRealTimers();
});

test('the guild chosen last is remembered', async () => {
  const guilds = [
    { id: '1', name: 'Moss & Lantern', role: 'MEMBER' },
    { id: '2', name: 'Makers', role: 'MEMBER' },
  ];
  fakeServer({ Viewer: () => ({ viewer: { ...viewer.viewer, guilds } }), Overview: () => overview() });
  const user = openPage('/');
  await user.selectOptions(await screen.findByLabelText('Server'), 'Makers');
  expect(await screen.findByRole('heading', { name: 'Makers' })).toBeVisible();
  expect(localStorage.getItem('lorekeeper.preferences')).toContain('"guildId":"2"');
});

test('a link under an answer leads into the server it was given in', async () => {
  const guilds = [
    { id: '1', name: 'Moss & Lantern', role: 'MEMBER' },
    { id: '2', name: 'Makers', role: 'MEMBER' },
  ];
  const { calls } = fakeServer({
    Viewer: () => ({ viewer: { ...viewer.viewer, guilds } }),
    Overview: () => overview(),
    Document: () => ({ guild: { id: '2', document: null } }),
  });
  const user = openPage('/documents/d1?passage=4&guild=2');
  await screen.findByText(/not in the library/);
  expect(calls.filter(({ name }) => name === 'Document').map(({ variables }) => variables)).toEqual([
    expect.objectContaining({ guildId: '2' }),
  ]);
  await user.click(screen.getByRole('link', { name: 'Overview' }));
  expect(await screen.findByRole('heading', { name: 'Makers' })).toBeVisible();
  await user.selectOptions(screen.getByLabelText('Server'), '1');
  expect(await screen.findByRole('heading', { name: 'Moss & Lantern' })).toBeVisible();
});

test('a link into a server of others leads nowhere new', async () => {
  fakeServer({ Overview: () => overview() });
  openPage('/?guild=999');
  expect(await screen.findByRole('heading', { name: 'Moss & Lantern' })).toBeVisible();
});

test('the theme goes from the system’s to light to dark', async () => {
  fakeServer({ Overview: () => overview() });
  const user = openPage('/');
  await user.click(await screen.findByRole('button', { name: /Switch to light/ }));
  await user.click(screen.getByRole('button', { name: /Switch to dark/ }));
  expect(document.documentElement.dataset.theme).toBe('dark');
});

test('being offline is said at once', async () => {
  fakeServer({ Overview: () => overview() });
  openPage('/');
  await screen.findByRole('heading', { name: 'Moss & Lantern' });
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
  fireEvent(window, new Event('offline'));
  await waitFor(() => {
    expect(screen.getByText(/You are offline/)).toBeVisible();
  });
});
