import { Button } from '../../components/Button';
import { useGuild } from '../../lib/guild';
import { useRetryDocumentMutation } from './documentsApi';
import { useAttempt } from './useAttempt';

export function RetryButton({ documentId, className = '' }: { documentId: string; className?: string }) {
  const guildId = useGuild().id;
  const attempt = useAttempt();
  const [retry, { isLoading }] = useRetryDocumentMutation();
  return (
    <Button
      icon="retry"
      className={className}
      disabled={isLoading}
      onClick={() => void attempt(retry({ guildId, documentId }))}
    >
      Retry
    </Button>
  );
}
