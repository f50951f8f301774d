import type { Middleware } from '@reduxjs/toolkit';
import { configureStore, isRejectedWithValue } from '@reduxjs/toolkit';
import { setupListeners } from '@reduxjs/toolkit/query';

import { uploadsReducer } from '../features/documents/uploadsSlice';
import { api } from '../lib/api';
import { connectionReducer } from '../lib/connection';
import { noticesReducer } from '../lib/notices';
import { preferencesReducer, savePreferences } from '../lib/preferences';
import { asProblem } from '../lib/problem';

/** A session that ends while pages are open shows at the next poll; asking who is signed in then opens the door page. */
const watchSession: Middleware =
  ({ dispatch }) =>
  (next) =>
  (action) => {
    const result = next(action);
    if (!isRejectedWithValue(action) || asProblem(action.payload).code !== 'unauthenticated') return result;
    const { endpointName } = (action.meta as { arg: { endpointName?: string } }).arg;
    if (endpointName !== 'Viewer') dispatch(api.util.invalidateTags(['Viewer']) as never);
    return result;
  };

export function createStore() {
  return configureStore({
    reducer: {
      [api.reducerPath]: api.reducer,
      connection: connectionReducer,
      notices: noticesReducer,
      preferences: preferencesReducer,
      uploads: uploadsReducer,
    },
    middleware: (defaults) => defaults().concat(api.middleware, watchSession),
  });
}

/** Let the store follow the tab's visibility and the network, and remember the preferences. */
export function connectStore(store: AppStore): void {
  setupListeners(store.dispatch);
  let saved = store.getState().preferences;
  store.subscribe(() => {
    const { preferences } = store.getState();
    if (preferences === saved) return;
    saved = preferences;
    savePreferences(preferences);
  });
}

export type AppStore = ReturnType<typeof createStore>;
export type RootState = ReturnType<AppStore['getState']>;
export type AppDispatch = AppStore['dispatch'];
