import { useEffect } from 'react';

import { IconButton } from '../components/Button';
import type { Notice } from '../lib/notices';
import { noticeDismissed, selectNotices } from '../lib/notices';
import { useAppDispatch, useAppSelector } from './hooks';
import css from './Notices.module.css';

const shownFor = 8_000;

/** The corner where short messages appear; read out as they come. */
export function Notices() {
  const notices = useAppSelector(selectNotices);
  return (
    <div className={css.corner} role="status" aria-live="polite">
      {notices.map((notice) => (
        <NoticeCard key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function NoticeCard({ notice: { id, tone, text } }: { notice: Notice }) {
  const dispatch = useAppDispatch();
  useEffect(() => {
    // A problem stays until it is read.
    if (tone === 'problem') return;
    const timer = setTimeout(() => dispatch(noticeDismissed(id)), shownFor);
    return () => {
      clearTimeout(timer);
    };
  }, [dispatch, id, tone]);
  return (
    <div className={`${css.notice ?? ''} ${css[tone] ?? ''}`}>
      <p>{text}</p>
      <IconButton icon="close" label="Dismiss" onClick={() => dispatch(noticeDismissed(id))} />
    </div>
  );
}
