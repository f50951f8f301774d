import { useState } from 'react';

import { Button, IconButton } from '../../components/Button';
import { ConfirmDialog } from '../../components/ConfirmDialog';
import { useGuild } from '../../lib/guild';
import type { DocumentCardFragment } from './documents.generated';
import { useDeleteDocumentMutation } from './documentsApi';
import { isList } from './kinds';
import { useAttempt } from './useAttempt';

interface DeleteButtonProps {
  document: Pick<DocumentCardFragment, 'id' | 'title' | 'mediaType'>;
  look: 'icon' | 'words';
  onDeleted?: () => void;
}

export function DeleteButton({ document, look, onDeleted }: DeleteButtonProps) {
  const guildId = useGuild().id;
  const attempt = useAttempt();
  const [isAsking, setIsAsking] = useState(false);
  const [remove, { isLoading }] = useDeleteDocumentMutation();
  const ask = () => {
    setIsAsking(true);
  };
  const confirm = async () => {
    setIsAsking(false);
    const isGone = await attempt(remove({ guildId, documentId: document.id }));
    if (isGone) onDeleted?.();
  };
  return (
    <>
      {look === 'icon' ? (
        <IconButton icon="trash" label={`Delete ${document.title}`} disabled={isLoading} onClick={ask} />
      ) : (
        <Button icon="trash" disabled={isLoading} onClick={ask}>
          Delete
        </Button>
      )}
      {isAsking && (
        <ConfirmDialog
          title={`Delete “${document.title}”?`}
          confirmLabel="Delete document"
          onCancel={() => {
            setIsAsking(false);
          }}
          onConfirm={() => void confirm()}
        >
          {isList(document)
            ? 'The pages it lists are deleted with it, and no answer will rest on them again. This cannot be undone.'
            : 'Its passages leave the library, and no answer will rest on them again. This cannot be undone.'}
        </ConfirmDialog>
      )}
    </>
  );
}
