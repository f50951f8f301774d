import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';

import { fakeServer, Refusal, viewer } from '../../testing/fakeServer';
import { openPage } from '../../testing/openPage';

const settings = {
  gate: 'BALANCED',
  unsupported: 'DROP',
  instructions: 'Be brief.',
  cachesAnswers: false,
  rewritesQuestions: false,
};

function answers(change: (variables: Record<string, unknown>) => object = (variables) => variables) {
  return {
    AnswerSettings: () => ({ guild: { id: '1', answerSettings: settings } }),
    SetAnswerSettings: ({ guildId, ...wanted }: Record<string, unknown>) => ({
      setAnswerSettings: { ...settings, ...change({ ...wanted }), id: guildId },
    }),
  };
}

test('a choice is kept as it is made', async () => {
  const { calls } = fakeServer(answers());
  const user = openPage('/settings');
  await user.click(await screen.findByRole('radio', { name: /^Strict/ }));
  expect(screen.getByRole('radio', { name: /^Strict/ })).toBeChecked();
  expect(await screen.findByText('Saved')).toBeVisible();
  await user.click(screen.getByRole('checkbox', { name: /same answer again/ }));
  const sent = calls.filter(({ name }) => name === 'SetAnswerSettings').map(({ variables }) => variables);
  expect(sent).toEqual([
    { guildId: '1', gate: 'STRICT' },
    { guildId: '1', cachesAnswers: true },
  ]);
});

test('a choice that the server refuses is taken back, and the page says why', async () => {
  const reason = 'The database does not answer. Try again in a moment.';
  fakeServer(
    answers(() => {
      throw new Refusal('unavailable', reason);
    }),
  );
  const user = openPage('/settings');
  await user.click(await screen.findByRole('radio', { name: /^Eager/ }));
  expect(await screen.findByText(reason)).toBeVisible();
  await waitFor(() => {
    expect(screen.getByRole('radio', { name: /^Balanced/ })).toBeChecked();
  });
  expect(screen.queryByText('Saved')).toBeNull();
});

test('instructions are kept when they are finished, as the server made them fit', async () => {
  const { calls } = fakeServer(answers(() => ({ instructions: 'In German.' })));
  const user = openPage('/settings');
  const box = await screen.findByLabelText('Wishes for the writing');
  expect(screen.getByText('9 of 1,000 characters')).toBeVisible();
  expect(screen.getByRole('button', { name: 'Save' })).toBeDisabled();
  await user.clear(box);
  await user.type(box, 'In German. ');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => {
    expect(box).toHaveValue('In German.');
  });
  expect(calls.at(-1)?.variables).toEqual({ guildId: '1', instructions: 'In German.' });
});

test('instructions that are too long are not sent', async () => {
  fakeServer(answers());
  openPage('/settings');
  const box = await screen.findByLabelText('Wishes for the writing');
  fireEvent.change(box, { target: { value: '🏮'.repeat(1_001) } });
  expect(screen.getByText('1,001 of 1,000 characters')).toBeVisible();
  expect(box).toBeInvalid();
  expect(screen.getByRole('button', { name: 'Save' })).toBeDisabled();
});

test('members are told who decides, and are not led here', async () => {
  const { calls } = fakeServer({
    Viewer: () => ({
      viewer: { ...viewer.viewer, guilds: [{ id: '1', name: 'Moss & Lantern', role: 'MEMBER' }] },
    }),
  });
  openPage('/settings');
  expect(await screen.findByText('For moderators')).toBeVisible();
  expect(screen.queryByRole('link', { name: 'Settings' })).toBeNull();
  expect(calls.map(({ name }) => name)).toEqual(['Viewer']);
});
