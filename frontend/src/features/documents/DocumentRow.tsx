import { Link } from 'react-router';

import { Moment } from '../../components/Moment';
import { formatAmount, formatBytes, formatLanguage } from '../../lib/format';
import { useMayCurate } from '../../lib/guild';
import { DeleteButton } from './DeleteButton';
import css from './DocumentRow.module.css';
import type { DocumentCardFragment } from './documents.generated';
import { DocumentState } from './DocumentState';
import { badgeOf, originWords } from './kinds';
import { RetryButton } from './RetryButton';
import { hasFailed } from './stages';

interface DocumentRowProps {
  document: DocumentCardFragment;
  /** Whether the page around it says already which list named it. */
  isAmongListed?: boolean;
}

export function DocumentRow({ document, isAmongListed = false }: DocumentRowProps) {
  const mayCurate = useMayCurate();
  const { id, title, listedBy, updatedAt } = document;
  return (
    <li className={css.row}>
      <span className={css.kind} aria-hidden="true">
        {badgeOf(document)}
      </span>
      <div className={css.about}>
        <Link to={`/documents/${id}`} className={css.title}>
          {title}
        </Link>
        <p className={css.facts}>
          {sayFacts(document)} · <Moment at={updatedAt} />
          {listedBy !== null && !isAmongListed && (
            <>
              {' · '}
              <Link to={`/documents/${listedBy}`}>one of a list</Link>
            </>
          )}
        </p>
      </div>
      <DocumentState document={document} />
      {mayCurate && (
        <div className={css.actions}>
          {hasFailed(document) && <RetryButton documentId={id} className={css.retry ?? ''} />}
          <DeleteButton document={document} look="icon" />
        </div>
      )}
    </li>
  );
}

function sayFacts({ title, sourceName, pages, language, sizeBytes, origin }: DocumentCardFragment): string {
  const facts = [
    sourceName !== title && sourceName,
    pages !== null && formatAmount(pages, 'page'),
    language !== null && formatLanguage(language),
    sizeBytes > 0 && formatBytes(sizeBytes),
    originWords[origin] ?? origin,
  ];
  return facts.filter(Boolean).join(' · ');
}
