import { ProgressBar } from '../../components/ProgressBar';
import type { DocumentCardFragment } from './documents.generated';
import css from './DocumentState.module.css';
import { isUnderWay, sayDocumentState } from './stages';

/** A document's live state: what happens now, why it failed, or what could not be read of it. */
export function DocumentState({ document }: { document: DocumentCardFragment }) {
  const { title, status, statusReason, progress, searchable, currentVersionNumber } = document;
  return (
    <div className={css.state}>
      <p className={`${css.label ?? ''} ${css[status.toLowerCase()] ?? ''}`} aria-live="polite">
        {sayDocumentState(document)}
      </p>
      {isUnderWay(document) && <ProgressBar label={`Progress of ${title}`} percent={progress.percent} />}
      {!isUnderWay(document) && statusReason && <p className={css.reason}>{statusReason}</p>}
      {searchable && status !== 'READY' && (
        <p className={css.aside}>Version {currentVersionNumber} answers questions meanwhile.</p>
      )}
    </div>
  );
}
