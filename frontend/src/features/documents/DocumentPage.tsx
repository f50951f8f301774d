import { Link, useLocation, useParams, useSearchParams } from 'react-router';

import { Blank } from '../../components/Blank';
import { ButtonLink } from '../../components/ButtonLink';
import { Icon } from '../../components/Icon';
import { Opening } from '../../components/Opening';
import { formatAmount, formatBytes } from '../../lib/format';
import { useGuild } from '../../lib/guild';
import { useLive } from '../../lib/live';
import css from './DocumentPage.module.css';
import type { DocumentCardFragment, DocumentQuery } from './documents.generated';
import { useDocumentQuery } from './documentsApi';
import { DocumentState } from './DocumentState';
import { PassageReader } from './PassageReader';
import type { Cited } from './passageText';
import { isUnderWay } from './stages';

function isPending({ guild: { document } }: DocumentQuery): boolean {
  return document !== null && isUnderWay(document);
}

export function DocumentPage() {
  const guildId = useGuild().id;
  const documentId = useParams().documentId ?? '';
  const cited = useCited();
  const { currentData, error } = useLive(useDocumentQuery, { guildId, documentId }, isPending);
  const document = currentData?.guild.document;
  return (
    <>
      <title>{`${document?.title ?? 'Document'} · Lorekeeper`}</title>
      <Link to="/documents" className={css.back}>
        <Icon name="left" size={16} /> All documents
      </Link>
      {!currentData && <Opening title="Opening the document…" error={error} />}
      {document === null && <Missing />}
      {document && (
        <>
          <Head document={document} />
          {document.passageCount > 0 && (
            // A new version has other passages: reading starts over when the count changes.
            <PassageReader
              key={`${documentId} ${String(document.passageCount)} ${String(cited?.ordinal)}`}
              document={document}
              cited={cited}
            />
          )}
        </>
      )}
    </>
  );
}

/** The address names the passage; the page that leads here may hand over the quoted words. */
function useCited(): Cited | null {
  const value = useSearchParams()[0].get('passage');
  const state = useLocation().state as { quote?: string } | null;
  if (value === null || !/^\d{1,9}$/.test(value)) return null;
  return { ordinal: Number(value), quote: state?.quote ?? null };
}

function Head({ document }: { document: DocumentCardFragment }) {
  const { title, sourceName, pages, sizeBytes } = document;
  const facts = [
    sourceName !== title && sourceName,
    pages !== null && formatAmount(pages, 'page'),
    formatBytes(sizeBytes),
  ];
  return (
    <header className={css.head}>
      <h1>{title}</h1>
      <p className={css.facts}>{facts.filter(Boolean).join(' · ')}</p>
      <DocumentState document={document} />
    </header>
  );
}

function Missing() {
  return (
    <Blank
      heading="h1"
      title="This document is not in the library"
      actions={<ButtonLink to="/documents">See all documents</ButtonLink>}
    >
      It was deleted, or it belongs to another server.
    </Blank>
  );
}
