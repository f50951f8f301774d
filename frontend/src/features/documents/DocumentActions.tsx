import { useRef } from 'react';
import { useNavigate } from 'react-router';

import { useAppDispatch } from '../../app/hooks';
import { Button } from '../../components/Button';
import { DownloadLink } from '../../components/DownloadLink';
import { useGuild, useMayCurate } from '../../lib/guild';
import { DeleteButton } from './DeleteButton';
import css from './DocumentActions.module.css';
import type { DocumentCardFragment } from './documents.generated';
import { useAddAddressMutation } from './documentsApi';
import { accepted, isList } from './kinds';
import { RetryButton } from './RetryButton';
import { hasFailed, isUnderWay } from './stages';
import { queueFiles } from './uploading';
import { useAttempt } from './useAttempt';

/** What can be done with a document; members may have its text. */
export function DocumentActions({ document }: { document: DocumentCardFragment }) {
  const guildId = useGuild().id;
  const navigate = useNavigate();
  const mayCurate = useMayCurate();
  const { id, origin, sizeBytes, searchable } = document;
  const files = `/api/guilds/${guildId}/documents/${id}`;
  const isFromWeb = origin === 'url';
  return (
    <div className={css.actions}>
      {mayCurate && hasFailed(document) && <RetryButton documentId={id} />}
      {mayCurate && (isFromWeb ? <FetchAgain document={document} /> : <Replace documentId={id} />)}
      {mayCurate && sizeBytes > 0 && <DownloadLink href={`${files}/file`}>Original</DownloadLink>}
      {searchable && !isList(document) && <DownloadLink href={`${files}/text`}>Text</DownloadLink>}
      {mayCurate && (
        <DeleteButton document={document} look="words" onDeleted={() => void navigate('/documents')} />
      )}
    </div>
  );
}

function FetchAgain({ document }: { document: DocumentCardFragment }) {
  const guildId = useGuild().id;
  const attempt = useAttempt();
  const [add, { isLoading }] = useAddAddressMutation();
  const { sourceUrl } = document;
  if (sourceUrl === null) return null;
  return (
    <Button
      icon="globe"
      disabled={isLoading || isUnderWay(document)}
      onClick={() => void attempt(add({ guildId, url: sourceUrl }))}
    >
      Fetch now
    </Button>
  );
}

function Replace({ documentId }: { documentId: string }) {
  const guildId = useGuild().id;
  const dispatch = useAppDispatch();
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button
        icon="upload"
        title="The version that is here answers until the new one is ready"
        onClick={() => picker.current?.click()}
      >
        Replace
      </Button>
      <input
        ref={picker}
        type="file"
        accept={accepted}
        hidden
        aria-label="File to replace this document"
        onChange={({ target }) => {
          dispatch(queueFiles(guildId, [...(target.files ?? [])], documentId));
          target.value = '';
        }}
      />
    </>
  );
}
