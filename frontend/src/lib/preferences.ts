import type { PayloadAction } from '@reduxjs/toolkit';
import { createSlice } from '@reduxjs/toolkit';

export type Theme = 'system' | 'light' | 'dark';

export interface Preferences {
  theme: Theme;
  guildId: string | null;
}

/** `public/theme.js` reads the same key before the first paint. */
const storageKey = 'lorekeeper.preferences';
const unset: Preferences = { theme: 'system', guildId: null };

/** Read what this browser remembers; a blocked or broken storage counts as empty. */
export function loadPreferences(): Preferences {
  try {
    return { ...unset, ...(JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Partial<Preferences>) };
  } catch {
    return unset;
  }
}

export function savePreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(storageKey, JSON.stringify(preferences));
  } catch {
    // A browser that stores nothing (private mode, quota) still shows the page.
  }
}

const preferencesSlice = createSlice({
  name: 'preferences',
  initialState: loadPreferences,
  reducers: {
    themeChosen(state, { payload }: PayloadAction<Theme>) {
      state.theme = payload;
    },
    guildChosen(state, { payload }: PayloadAction<string>) {
      state.guildId = payload;
    },
  },
  selectors: {
    selectTheme: (state) => state.theme,
    selectChosenGuildId: (state) => state.guildId,
  },
});

export const { themeChosen, guildChosen } = preferencesSlice.actions;
export const { selectTheme, selectChosenGuildId } = preferencesSlice.selectors;
export const preferencesReducer = preferencesSlice.reducer;
