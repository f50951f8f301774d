import { useEffect } from 'react';

import { useAppDispatch, useAppSelector } from '../../app/hooks';
import { Button, IconButton } from '../../components/Button';
import { ProgressBar } from '../../components/ProgressBar';
import { formatBytes } from '../../lib/format';
import { useGuild } from '../../lib/guild';
import { dismissUpload, retryUpload } from './uploading';
import css from './UploadList.module.css';
import type { Upload } from './uploadsSlice';
import { selectUploads } from './uploadsSlice';

/** Leaving the page would stop what is being sent. */
function useLeaveWarning(isSending: boolean): void {
  useEffect(() => {
    if (!isSending) return;
    const warn = (event: BeforeUnloadEvent) => {
      event.preventDefault();
    };
    window.addEventListener('beforeunload', warn);
    return () => {
      window.removeEventListener('beforeunload', warn);
    };
  }, [isSending]);
}

/** Files on their way: all of them, or those that are to replace one document. */
export function UploadList({ replaces }: { replaces?: string }) {
  const guild = useGuild();
  const uploads = useAppSelector(selectUploads);
  useLeaveWarning(uploads.some(({ state }) => state !== 'failed'));
  const here = uploads.filter(
    (upload) => upload.guildId === guild.id && (replaces === undefined || upload.replaces === replaces),
  );
  if (here.length === 0) return null;
  return (
    <ul role="list" className={css.list} aria-label="Uploads">
      {here.map((upload) => (
        <UploadRow key={upload.id} upload={upload} />
      ))}
    </ul>
  );
}

function sayState({ state, share, size }: Upload): string {
  if (state === 'queued') return `Waiting to be sent · ${formatBytes(size)}`;
  if (share >= 1) return 'Sent; being stored';
  return `Sending ${formatBytes(size * share)} of ${formatBytes(size)}`;
}

function UploadRow({ upload }: { upload: Upload }) {
  const dispatch = useAppDispatch();
  const { id, name, state, share, reason } = upload;
  const hasFailed = state === 'failed';
  return (
    <li className={hasFailed ? css.failed : css.row}>
      <div className={css.words}>
        <p className={css.name}>{name}</p>
        {hasFailed ? (
          <p className={css.reason} role="alert">
            {reason}
          </p>
        ) : (
          <>
            <p className={css.state}>{sayState(upload)}</p>
            <ProgressBar label={`Upload of ${name}`} percent={share * 100} />
          </>
        )}
      </div>
      {hasFailed && (
        <>
          <Button icon="retry" onClick={() => dispatch(retryUpload(id))}>
            Send again
          </Button>
          <IconButton icon="close" label={`Forget ${name}`} onClick={() => dispatch(dismissUpload(id))} />
        </>
      )}
    </li>
  );
}
