import { nanoid } from '@reduxjs/toolkit';

import type { AppDispatch, RootState } from '../../app/store';
import { api } from '../../lib/api';
import { noticeAdded } from '../../lib/notices';
import { sendFile } from './sendFile';
import type { Upload } from './uploadsSlice';
import { selectUploads, uploadChanged, uploadRemoved, uploadsQueued } from './uploadsSlice';

type Thunk = (dispatch: AppDispatch, getState: () => RootState) => void;

const atOnce = 2;

/** The bytes themselves: the store holds only what can be written down. */
const files = new Map<string, File>();

/** Put files in the queue of a guild and start sending; `replaces` is the document they are versions of. */
export function queueFiles(guildId: string, chosen: File[], replaces: string | null = null): Thunk {
  return (dispatch) => {
    const uploads = chosen.map((file): Upload => {
      const id = nanoid();
      files.set(id, file);
      const { name, size } = file;
      return { id, guildId, name, size, state: 'queued', share: 0, reason: null, replaces };
    });
    dispatch(uploadsQueued(uploads));
    dispatch(sendNext());
  };
}

export function retryUpload(id: string): Thunk {
  return (dispatch) => {
    dispatch(uploadChanged({ id, state: 'queued', share: 0, reason: null }));
    dispatch(sendNext());
  };
}

export function dismissUpload(id: string): Thunk {
  return (dispatch) => {
    files.delete(id);
    dispatch(uploadRemoved(id));
  };
}

function sendNext(): Thunk {
  return (dispatch, getState) => {
    const uploads = selectUploads(getState());
    const free = atOnce - uploads.filter(({ state }) => state === 'sending').length;
    const next = uploads.filter(({ state }) => state === 'queued').slice(0, Math.max(0, free));
    for (const upload of next) void dispatch(send(upload));
  };
}

function sayKept(name: string, title: string | undefined): string {
  const isOther = title !== undefined && title !== name;
  return isOther
    ? `“${name}” is in the library already as “${title}”, unchanged.`
    : `“${name}” is in the library already, unchanged.`;
}

function send({ id, guildId, replaces }: Upload) {
  return async (dispatch: AppDispatch): Promise<void> => {
    const file = files.get(id);
    if (!file) return;
    dispatch(uploadChanged({ id, state: 'sending' }));
    const onProgress = (share: number) => dispatch(uploadChanged({ id, share }));
    const { data, error } = await sendFile({ guildId, file, replaces, onProgress });
    if (error) {
      dispatch(uploadChanged({ id, state: 'failed', reason: error.message }));
    } else {
      dispatch(dismissUpload(id));
      dispatch(api.util.invalidateTags(['Document', 'Statistics']));
      if (!data.isNew) dispatch(noticeAdded({ tone: 'calm', text: sayKept(file.name, data.title) }));
    }
    dispatch(sendNext());
  };
}
