import { act, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';

import { fakeServer, Refusal, viewer } from '../../testing/fakeServer';
import { fakeUploads } from '../../testing/fakeUploads';
import { openPage } from '../../testing/openPage';
import { document as sample, page, statistics } from '../../testing/samples';

const list =
  (...nodes: object[]) =>
  () => ({ guild: { id: '1', statistics, documents: page(nodes) } });
const file = (name: string) => new File(['text'], name, { type: 'text/markdown' });

afterEach(() => {
  vi.useRealTimers();
});

test('several files are sent, at most two at once, with their progress', async () => {
  const uploads = fakeUploads();
  fakeServer({ Documents: list(sample) });
  const user = openPage('/documents');
  await user.upload(await screen.findByLabelText('Documents to add'), [
    file('a b.md'),
    file('c.md'),
    file('d.md'),
  ]);
  expect(uploads.map(({ url }) => url)).toEqual([
    '/api/guilds/1/documents?name=a%20b.md',
    '/api/guilds/1/documents?name=c.md',
  ]);
  expect(uploads[0]).toMatchObject({
    method: 'PUT',
    headers: { 'Content-Type': 'text/markdown', 'X-Lorekeeper': '1' },
  });
  act(() => uploads[0]?.progress(50, 100));
  expect(screen.getByLabelText('Upload of a b.md')).toHaveValue(50);
  act(() => uploads[0]?.finish(202, { documentId: 'd9', status: 'received' }));
  await waitFor(() => {
    expect(uploads).toHaveLength(3);
  });
  expect(screen.queryByLabelText('Upload of a b.md')).toBeNull();
});

test('a refused file shows the server’s reason and can be sent again', async () => {
  const uploads = fakeUploads();
  fakeServer({ Documents: list(sample) });
  const user = openPage('/documents');
  await user.upload(await screen.findByLabelText('Documents to add'), file('huge.md'));
  act(() => uploads[0]?.finish(413, { error: { code: 'too_large', message: 'That is too large.' } }));
  expect(await screen.findByText('That is too large.')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Send again' }));
  expect(uploads).toHaveLength(2);
});

test('a proxy that refuses a file without words is understood', async () => {
  const uploads = fakeUploads();
  fakeServer({ Documents: list(sample) });
  const user = openPage('/documents');
  await user.upload(await screen.findByLabelText('Documents to add'), file('huge.md'));
  act(() => uploads[0]?.finish(413, null));
  expect(await screen.findByText(/in front of Lorekeeper lets through/)).toBeVisible();
});

test('the same bytes again change nothing, and that is said', async () => {
  const uploads = fakeUploads();
  fakeServer({ Documents: list(sample) });
  const user = openPage('/documents');
  await user.upload(await screen.findByLabelText('Documents to add'), file('seeds.md'));
  act(() => uploads[0]?.finish(200, { documentId: 'd1', status: 'ready' }));
  expect(await screen.findByText(/in the library already/)).toBeVisible();
});

test('bytes that another document holds are told by its title', async () => {
  const uploads = fakeUploads();
  fakeServer({ Documents: list(sample) });
  const user = openPage('/documents');
  await user.upload(await screen.findByLabelText('Documents to add'), file('copy.md'));
  act(() => uploads[0]?.finish(200, { documentId: 'd1', title: 'Seed library', status: 'processing' }));
  expect(await screen.findByText(/“copy.md” is in the library already as “Seed library”/)).toBeVisible();
});

test('a web address is added with its rhythm, and a refusal is shown where it was typed', async () => {
  let isRefused = true;
  const { calls } = fakeServer({
    Documents: list(sample),
    AddAddress: () => {
      if (isRefused) throw new Refusal('invalid_request', 'Only http and https addresses can be read.');
      return { addAddress: { id: 'd9', title: 'Handbook' } };
    },
  });
  const user = openPage('/documents');
  await user.click(await screen.findByRole('button', { name: 'Add a web address' }));
  await user.type(screen.getByLabelText('Address'), 'ftp://example.org');
  await user.click(screen.getByRole('button', { name: 'Add address' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('Only http and https');
  isRefused = false;
  await user.clear(screen.getByLabelText('Address'));
  await user.type(screen.getByLabelText('Address'), ' https://example.org/ ');
  await user.type(screen.getByLabelText(/Title/), 'Handbook');
  await user.selectOptions(screen.getByLabelText('Check again'), 'Every week');
  await user.click(screen.getByRole('button', { name: 'Add address' }));
  expect(await screen.findByText('“Handbook” is being fetched.')).toBeVisible();
  expect(calls.findLast(({ name }) => name === 'AddAddress')?.variables).toEqual({
    guildId: '1',
    url: 'https://example.org/',
    title: 'Handbook',
    refreshHours: 168,
  });
  expect(screen.queryByLabelText('Address')).toBeNull();
});

test('all that failed is tried again at once, where more than one did', async () => {
  const failing = (failedDocuments: number) => () => ({
    guild: { id: '1', statistics: { ...statistics, failedDocuments }, documents: page([sample]) },
  });
  const { calls } = fakeServer({
    Documents: failing(7),
    RetryFailedDocuments: () => ({ retryFailedDocuments: 7 }),
  });
  const user = openPage('/documents');
  await user.click(await screen.findByRole('button', { name: 'Try all 7 failed again' }));
  expect(calls.some(({ name }) => name === 'RetryFailedDocuments')).toBe(true);
  expect(screen.getByRole('link', { name: 'Download all' })).toHaveAttribute('href', '/api/guilds/1/export');
});

test('a page that a sitemap listed leads there', async () => {
  fakeServer({ Documents: list({ ...sample, origin: 'url', listedBy: 'd80' }) });
  openPage('/documents');
  expect(await screen.findByRole('link', { name: 'one of a list' })).toHaveAttribute(
    'href',
    '/documents/d80',
  );
});

test('a document is followed every second until it is ready', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  let now: object = {
    ...sample,
    status: 'PROCESSING',
    progress: { stage: 'parsing', done: 3, total: 12, percent: 20 },
  };
  const { calls } = fakeServer({ Documents: () => list(now)() });
  openPage('/documents');
  expect(await screen.findByText('Reading page 3 of 12')).toBeVisible();
  now = sample;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await screen.findByText('Ready · 60 passages')).toBeVisible();
  const before = calls.length;
  await vi.advanceTimersByTimeAsync(3_000);
  expect(calls.length, 'a settled list is asked for less often').toBe(before);
});

test('a hidden tab asks for nothing', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { calls } = fakeServer({ Documents: list(sample) });
  openPage('/documents');
  await screen.findByText('Seed library');
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  act(() => void window.dispatchEvent(new Event('visibilitychange')));
  const before = calls.length;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(calls.length).toBe(before);
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('visible');
  act(() => void window.dispatchEvent(new Event('visibilitychange')));
});

test('a failed document says why and can be retried', async () => {
  const statusReason = 'The file holds pictures of pages and no text.';
  const { calls } = fakeServer({
    Documents: list({ ...sample, status: 'FAILED', statusReason }),
    RetryDocument: () => ({ retryDocument: { id: 'd1', status: 'RECEIVED' } }),
  });
  const user = openPage('/documents');
  expect(await screen.findByText(statusReason)).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Retry' }));
  expect(calls.find(({ name }) => name === 'RetryDocument')?.variables).toEqual({
    guildId: '1',
    documentId: 'd1',
  });
});

test('deleting asks first, and a refusal is shown', async () => {
  const { calls } = fakeServer({
    Documents: list(sample),
    DeleteDocument: () => {
      throw new Refusal('forbidden', 'You may not do this. Ask an administrator of the server.');
    },
  });
  const user = openPage('/documents');
  await user.click(await screen.findByRole('button', { name: 'Delete Seed library' }));
  await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Keep it' }));
  expect(calls.some(({ name }) => name === 'DeleteDocument')).toBe(false);
  await user.click(screen.getByRole('button', { name: 'Delete Seed library' }));
  await user.click(screen.getByRole('button', { name: 'Delete document' }));
  expect(await screen.findByText(/You may not do this/)).toBeVisible();
});

test('the search asks for what was typed, and once', async () => {
  const { calls } = fakeServer({ Documents: list(sample) });
  const user = openPage('/documents');
  await user.type(await screen.findByRole('searchbox'), 'seed');
  expect(calls.find(({ name }) => name === 'Documents')?.variables).toMatchObject({ grouped: true });
  await waitFor(() => {
    expect(calls.at(-1)?.variables).toMatchObject({ search: 'seed', after: null, grouped: false });
  });
  expect(calls.filter(({ name }) => name === 'Documents')).toHaveLength(2);
});

test('a member reads, and is offered nothing that needs a moderator', async () => {
  const guilds = [{ id: '1', name: 'Moss & Lantern', role: 'MEMBER' }];
  fakeServer({ Viewer: () => ({ viewer: { ...viewer.viewer, guilds } }), Documents: list(sample) });
  openPage('/documents');
  await screen.findByText('Seed library');
  expect(screen.queryByRole('button', { name: /Choose files|Add a web|Delete/ })).toBeNull();
  expect(screen.queryByRole('link', { name: 'Download all' })).toBeNull();
});
