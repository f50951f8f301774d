import { useState } from 'react';
import { Link } from 'react-router';

import { useAppDispatch } from '../../app/hooks';
import { Button, IconButton } from '../../components/Button';
import { ConfirmDialog } from '../../components/ConfirmDialog';
import { Moment } from '../../components/Moment';
import { formatAmount, formatBytes } from '../../lib/format';
import { useGuild, useMayCurate } from '../../lib/guild';
import { noticeAdded } from '../../lib/notices';
import { asProblem } from '../../lib/problem';
import css from './DocumentRow.module.css';
import type { DocumentCardFragment } from './documents.generated';
import { useDeleteDocumentMutation, useRetryDocumentMutation } from './documentsApi';
import { DocumentState } from './DocumentState';
import { hasFailed } from './stages';

const originWords: Record<string, string> = {
  upload: 'uploaded',
  discord: 'from Discord',
  cli: 'from the command line',
  sample: 'sample',
};

export function DocumentRow({ document }: { document: DocumentCardFragment }) {
  const { id, title, sourceName, origin, pages, sizeBytes, updatedAt } = document;
  const facts = [
    sourceName !== title && sourceName,
    pages !== null && formatAmount(pages, 'page'),
    formatBytes(sizeBytes),
    originWords[origin] ?? origin,
  ].filter(Boolean);
  return (
    <li className={css.row}>
      <span className={css.kind} aria-hidden="true">
        {kindOf(sourceName)}
      </span>
      <div className={css.about}>
        <Link to={`/documents/${id}`} className={css.title}>
          {title}
        </Link>
        <p className={css.facts}>
          {facts.join(' · ')} · <Moment at={updatedAt} />
        </p>
      </div>
      <DocumentState document={document} />
      <Actions document={document} />
    </li>
  );
}

function kindOf(sourceName: string): string {
  const ending = /\.(\w{1,4})$/.exec(sourceName)?.[1];
  return ending?.toUpperCase() ?? 'DOC';
}

function Actions({ document }: { document: DocumentCardFragment }) {
  const dispatch = useAppDispatch();
  const guildId = useGuild().id;
  const [isAsking, setIsAsking] = useState(false);
  const [retry, { isLoading: isRetrying }] = useRetryDocumentMutation();
  const [remove, { isLoading: isRemoving }] = useDeleteDocumentMutation();
  if (!useMayCurate()) return null;
  const target = { guildId, documentId: document.id };
  const attempt = (work: { unwrap: () => Promise<unknown> }) => {
    work.unwrap().catch((error: unknown) => {
      dispatch(noticeAdded({ tone: 'problem', text: asProblem(error).message }));
    });
  };
  return (
    <div className={css.actions}>
      {hasFailed(document) && (
        <Button
          icon="retry"
          className={css.retry ?? ''}
          disabled={isRetrying}
          onClick={() => {
            attempt(retry(target));
          }}
        >
          Retry
        </Button>
      )}
      <IconButton
        icon="trash"
        label={`Delete ${document.title}`}
        disabled={isRemoving}
        onClick={() => {
          setIsAsking(true);
        }}
      />
      {isAsking && (
        <ConfirmDialog
          title={`Delete “${document.title}”?`}
          confirmLabel="Delete document"
          onCancel={() => {
            setIsAsking(false);
          }}
          onConfirm={() => {
            setIsAsking(false);
            attempt(remove(target));
          }}
        >
          Its passages leave the library, and no answer will rest on them again. This cannot be undone.
        </ConfirmDialog>
      )}
    </div>
  );
}
