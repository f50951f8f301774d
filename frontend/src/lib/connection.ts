import type { PayloadAction } from '@reduxjs/toolkit';
import { createSlice } from '@reduxjs/toolkit';

/** Whether the last request reached the server. */
const connectionSlice = createSlice({
  name: 'connection',
  initialState: { isLost: false },
  reducers: {
    connectionSeen(state, { payload }: PayloadAction<{ isLost: boolean }>) {
      state.isLost = payload.isLost;
    },
  },
  selectors: { selectIsLost: (state) => state.isLost },
});

export const { connectionSeen } = connectionSlice.actions;
export const { selectIsLost } = connectionSlice.selectors;
export const connectionReducer = connectionSlice.reducer;
