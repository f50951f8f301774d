import type { PayloadAction } from '@reduxjs/toolkit';
import { createSlice, nanoid } from '@reduxjs/toolkit';

export interface Notice {
  id: string;
  tone: 'calm' | 'problem';
  text: string;
}

/** Short messages about what just happened, shown in a corner. */
const noticesSlice = createSlice({
  name: 'notices',
  initialState: [] as Notice[],
  reducers: {
    noticeAdded: {
      prepare: (notice: Omit<Notice, 'id'>) => ({ payload: { ...notice, id: nanoid() } }),
      reducer(state, { payload }: PayloadAction<Notice>) {
        const isRepeated = state.some((notice) => notice.text === payload.text);
        if (!isRepeated) state.push(payload);
      },
    },
    noticeDismissed: (state, { payload }: PayloadAction<string>) =>
      state.filter((notice) => notice.id !== payload),
  },
  selectors: { selectNotices: (state) => state },
});

export const { noticeAdded, noticeDismissed } = noticesSlice.actions;
export const { selectNotices } = noticesSlice.selectors;
export const noticesReducer = noticesSlice.reducer;
