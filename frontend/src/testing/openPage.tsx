import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Provider } from 'react-redux';
import { MemoryRouter } from 'react-router';

import { App } from '../app/App';
import { connectStore, createStore } from '../app/store';

/** Open the whole application at a path, as a browser would. */
export function openPage(path: string) {
  const store = createStore();
  connectStore(store);
  render(
    <Provider store={store}>
      <MemoryRouter initialEntries={[path]}>
        <App />
      </MemoryRouter>
    </Provider>,
  );
  return userEvent.setup();
}
