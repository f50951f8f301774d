import { formatAmount, formatCount } from '../../lib/format';
import type { DocumentCardFragment } from './documents.generated';
import { isList } from './kinds';

type Card = Pick<DocumentCardFragment, 'status' | 'progress' | 'passageCount' | 'searchable' | 'mediaType'>;

function countUp(verb: string, { done, total }: Card['progress'], unit: string): string {
  if (total <= 0) return verb;
  return unit === 'page'
    ? `${verb} page ${formatCount(Math.max(1, done))} of ${formatCount(total)}`
    : `${verb} ${formatCount(done)} of ${formatAmount(total, unit)}`;
}

/** The pipeline's stages in a reader's words; an unknown one is shown as it is named. */
function sayStage(progress: Card['progress']): string {
  const { stage } = progress;
  if (stage === 'received' || stage === '') return 'Waiting to be read';
  if (stage === 'parsing') return countUp('Reading', progress, 'page');
  if (stage === 'embedding') return countUp('Indexing', progress, 'passage');
  const known: Record<string, string> = {
    fetching: 'Fetching',
    chunking: 'Cutting into passages',
    publishing: 'Putting on the shelf',
    checking: 'Checking that it can be found',
    ready: 'Putting on the shelf',
  };
  return known[stage] ?? stage.charAt(0).toUpperCase() + stage.slice(1);
}

/** What is happening to a document, in a few words. */
export function sayDocumentState(card: Card): string {
  switch (card.status) {
    case 'RECEIVED':
      return 'Waiting to be read';
    case 'PROCESSING':
      return sayStage(card.progress);
    case 'READY':
      return isList(card) ? 'Ready' : `Ready · ${formatAmount(card.passageCount, 'passage')}`;
    case 'FAILED':
      return 'Could not be read';
    case 'DEAD':
      return 'Given up after several tries';
  }
}

export function isUnderWay({ status }: Pick<Card, 'status'>): boolean {
  return status === 'RECEIVED' || status === 'PROCESSING';
}

export function hasFailed({ status }: Pick<Card, 'status'>): boolean {
  return status === 'FAILED' || status === 'DEAD';
}
