import { act, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';

import { fakeServer, viewer } from '../../testing/fakeServer';
import { fakeUploads } from '../../testing/fakeUploads';
import { openPage } from '../../testing/openPage';
import { document as sample, page, statistics } from '../../testing/samples';

const passageCount = 200;

afterEach(() => {
  vi.useRealTimers();
});

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

const opened = (change: object, more: Parameters<typeof fakeServer>[0] = {}) =>
  fakeServer({
    Document: () => ({ guild: { id: '1', statistics, document: { ...sample, ...change } } }),
    Documents: () => ({ guild: { id: '1', statistics, documents: page([sample]) } }),
    Passages: passages,
    ...more,
  });

test('a document is described in people’s words, with the proof that it can be found', async () => {
  opened({ pages: 84, mediaType: 'application/pdf', language: 'fa', versionNumber: 3, probeRank: 2 });
  openPage('/documents/d1');
  expect(await screen.findByText('Found by its own words: rank 2 of 1,204 passages')).toBeVisible();
  const facts = screen.getAllByRole('term').map((term) => {
    return [term.textContent, term.nextElementSibling?.textContent.split(' · ')[0]];
  });
  expect(Object.fromEntries(facts)).toMatchObject({
    Kind: 'PDF',
    Length: '84 pages, 60 passages',
    Language: 'Persian',
    Size: '7.4 kB',
    Version: '3',
    Source: 'seeds.md',
  });
});

test('a new file replaces a document, which answers meanwhile', async () => {
  const uploads = fakeUploads();
  opened({});
  const user = openPage('/documents/d1');
  const file = new File(['text'], 'seeds 2.md', { type: 'text/markdown' });
  await user.upload(await screen.findByLabelText('File to replace this document'), file);
  expect(uploads.map(({ url }) => url)).toEqual(['/api/guilds/1/documents?name=seeds%202.md&replaces=d1']);
  expect(screen.getByLabelText('Upload of seeds 2.md')).toBeVisible();
  act(() => uploads[0]?.finish(202, { documentId: 'd1', title: 'Seed library', status: 'received' }));
  await waitFor(() => {
    expect(screen.queryByLabelText('Upload of seeds 2.md')).toBeNull();
  });
});

test('the original and the text can be saved', async () => {
  opened({});
  openPage('/documents/d1');
  const original = await screen.findByRole('link', { name: 'Original' });
  expect(original).toHaveAttribute('href', '/api/guilds/1/documents/d1/file');
  expect(screen.getByRole('link', { name: 'Text' })).toHaveAttribute(
    'href',
    '/api/guilds/1/documents/d1/text',
  );
});

test('a page of the web is checked in another rhythm, and fetched now', async () => {
  const web = {
    origin: 'url',
    sourceUrl: 'https://garden.example/',
    sourceName: 'https://garden.example/',
    refreshHours: 36,
    checkedAt: '2026-03-09T12:00:00Z',
  };
  const { calls } = opened(web, {
    SetRefresh: () => ({ setRefresh: { id: 'd1', refreshHours: 24, nextRefreshAt: null } }),
    AddAddress: () => ({ addAddress: { id: 'd1', title: 'Garden' } }),
  });
  const user = openPage('/documents/d1');
  const choice = await screen.findByRole('combobox', { name: 'Check again' });
  expect(choice).toHaveDisplayValue('Every 36 hours');
  await user.selectOptions(choice, 'Every day');
  expect(calls.find(({ name }) => name === 'SetRefresh')?.variables).toEqual({
    guildId: '1',
    documentId: 'd1',
    hours: 24,
  });
  await user.click(screen.getByRole('button', { name: 'Fetch now' }));
  expect(calls.find(({ name }) => name === 'AddAddress')?.variables).toMatchObject({
    url: 'https://garden.example/',
  });
  expect(screen.queryByRole('button', { name: 'Replace' })).toBeNull();
});

test('a document is filed under tags', async () => {
  const { calls } = opened(
    { tags: ['guide'] },
    { SetTags: () => ({ setTags: { id: 'd1', tags: ['guide', 'billing'] } }) },
  );
  const user = openPage('/documents/d1');
  const tags = await screen.findByRole('textbox', { name: 'Tags' });
  expect(tags).toHaveValue('guide');
  await user.type(tags, ', billing');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect(calls.find(({ name }) => name === 'SetTags')?.variables).toEqual({
    guildId: '1',
    documentId: 'd1',
    tags: ['guide', ' billing'],
  });
});

test('a source that is no web address is no link', async () => {
  opened({ sourceUrl: 'javascript:alert(1)', sourceName: 'odd.md' });
  openPage('/documents/d1');
  expect(await screen.findByText(/odd\.md/)).toBeVisible();
  expect(screen.queryByRole('link', { name: /odd/ })).toBeNull();
});

test('a sitemap says what it lists and shows those pages', async () => {
  const statusReason = 'Lists 3 pages; each is a document of its own.';
  const { calls } = opened({
    mediaType: 'application/sitemap+xml',
    passageCount: 0,
    probeRank: null,
    statusReason,
  });
  openPage('/documents/d1');
  expect(await screen.findByText(statusReason)).toBeVisible();
  expect(await screen.findByRole('heading', { name: 'Pages it lists' })).toBeVisible();
  expect(calls.find(({ name }) => name === 'Documents')?.variables).toMatchObject({ listedBy: 'd1' });
});

test('a member may read and save the text, and change nothing', async () => {
  const guilds = [{ id: '1', name: 'Moss & Lantern', role: 'MEMBER' }];
  opened({ origin: 'url' }, { Viewer: () => ({ viewer: { ...viewer.viewer, guilds } }) });
  openPage('/documents/d1');
  expect(await screen.findByRole('link', { name: 'Text' })).toBeVisible();
  expect(screen.queryByRole('button', { name: /Fetch|Replace|Delete|Retry/ })).toBeNull();
  expect(screen.queryByRole('link', { name: 'Original' })).toBeNull();
  expect(screen.queryByRole('combobox', { name: 'Check again' })).toBeNull();
});

test('when a new version begins to answer, its passages are shown', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  let now: object = { status: 'PROCESSING', versionNumber: 2, currentVersionNumber: 1, passageCount: 1 };
  let text = 'The old text.';
  opened(
    {},
    {
      Document: () => ({ guild: { id: '1', statistics, document: { ...sample, ...now } } }),
      Passages: () => ({
        guild: {
          id: '1',
          document: { id: 'd1', passages: [{ ordinal: 0, text, headingPath: [], page: null }] },
        },
      }),
    },
  );
  openPage('/documents/d1');
  expect(await screen.findByText('The old text.')).toBeVisible();
  expect(screen.getByText('Version 1 answers questions meanwhile.')).toBeVisible();
  now = { status: 'READY', versionNumber: 2, currentVersionNumber: 2, passageCount: 1 };
  text = 'The new text.';
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await screen.findByText('The new text.')).toBeVisible();
  expect(screen.queryByText('The old text.')).toBeNull();
});
