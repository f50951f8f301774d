import { useSyncExternalStore } from 'react';

import { Icon } from '../components/Icon';
import { selectIsLost } from '../lib/connection';
import css from './ConnectionNotice.module.css';
import { useAppSelector } from './hooks';

function followNetwork(onChange: () => void): () => void {
  window.addEventListener('online', onChange);
  window.addEventListener('offline', onChange);
  return () => {
    window.removeEventListener('online', onChange);
    window.removeEventListener('offline', onChange);
  };
}

/** Says that what is on screen may be old, and why. */
export function ConnectionNotice() {
  const isOnline = useSyncExternalStore(followNetwork, () => navigator.onLine);
  const isLost = useAppSelector(selectIsLost);
  const text = isOnline
    ? 'Lorekeeper does not answer. You see what was loaded last; this page keeps trying.'
    : 'You are offline. You see what was loaded last; this page goes on when the network is back.';
  return (
    <div role="status">
      {(isLost || !isOnline) && (
        <p className={css.notice}>
          <Icon name="lost" /> {text}
        </p>
      )}
    </div>
  );
}
