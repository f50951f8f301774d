import type { PayloadAction } from '@reduxjs/toolkit';
import { createSlice } from '@reduxjs/toolkit';

export interface Upload {
  id: string;
  guildId: string;
  name: string;
  size: number;
  state: 'queued' | 'sending' | 'failed';
  /** The share of the bytes sent, 0 to 1. */
  share: number;
  reason: string | null;
  /** The document that this file is a new version of. */
  replaces: string | null;
}

/** Files on their way to the server; a file that has arrived is a document and leaves this list. */
const uploadsSlice = createSlice({
  name: 'uploads',
  initialState: [] as Upload[],
  reducers: {
    uploadsQueued(state, { payload }: PayloadAction<Upload[]>) {
      state.push(...payload);
    },
    uploadChanged(state, { payload: { id, ...change } }: PayloadAction<Partial<Upload> & { id: string }>) {
      const upload = state.find((one) => one.id === id);
      if (upload) Object.assign(upload, change);
    },
    uploadRemoved: (state, { payload }: PayloadAction<string>) =>
      state.filter((upload) => upload.id !== payload),
  },
  selectors: { selectUploads: (state) => state },
});

export const { uploadsQueued, uploadChanged, uploadRemoved } = uploadsSlice.actions;
export const { selectUploads } = uploadsSlice.selectors;
export const uploadsReducer = uploadsSlice.reducer;
