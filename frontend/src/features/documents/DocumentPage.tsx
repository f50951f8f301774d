import { Link, useLocation, useParams, useSearchParams } from 'react-router';

import { Blank } from '../../components/Blank';
import { ButtonLink } from '../../components/ButtonLink';
import { Icon } from '../../components/Icon';
import { Opening } from '../../components/Opening';
import { formatAmount, formatCount } from '../../lib/format';
import { useGuild } from '../../lib/guild';
import { useLive } from '../../lib/live';
import { DocumentActions } from './DocumentActions';
import { DocumentFacts } from './DocumentFacts';
import css from './DocumentPage.module.css';
import type { DocumentCardFragment, DocumentQuery } from './documents.generated';
import { useDocumentQuery } from './documentsApi';
import { DocumentState } from './DocumentState';
import { isList } from './kinds';
import { ListedPages } from './ListedPages';
import { PassageReader } from './PassageReader';
import type { Cited } from './passageText';
import { isUnderWay } from './stages';
import { UploadList } from './UploadList';

function isPending({ guild: { document } }: DocumentQuery): boolean {
  return document !== null && isUnderWay(document);
}

export function DocumentPage() {
  const guildId = useGuild().id;
  const documentId = useParams().documentId ?? '';
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
          <Head document={document} inLibrary={currentData.guild.statistics.passages} />
          <Body document={document} />
        </>
      )}
    </>
  );
}

interface HeadProps {
  document: DocumentCardFragment;
  /** How many passages the library holds in all. */
  inLibrary: number;
}

function Head({ document, inLibrary }: HeadProps) {
  return (
    <header className={css.head}>
      <h1>{document.title}</h1>
      <DocumentState document={document} />
      <Proof document={document} inLibrary={inLibrary} />
      <DocumentFacts document={document} />
      <DocumentActions document={document} />
      <UploadList replaces={document.id} />
    </header>
  );
}

/** That it can be found: where it stood among all passages when asked for with its own words. */
function Proof({ document: { probeRank, passageCount }, inLibrary }: HeadProps) {
  if (probeRank === null || passageCount === 0) return null;
  const among = formatAmount(Math.max(probeRank, inLibrary), 'passage');
  return (
    <p className={css.proof}>
      Found by its own words: rank {formatCount(probeRank)} of {among}
    </p>
  );
}

function Body({ document }: { document: DocumentCardFragment }) {
  const cited = useCited();
  const { id, passageCount, currentVersionNumber } = document;
  if (isList(document)) return <ListedPages listId={id} />;
  if (passageCount === 0) return null;
  // Another version has other passages: reading starts over when it begins to answer.
  const key = [id, currentVersionNumber, cited?.ordinal].join(' ');
  return <PassageReader key={key} document={document} cited={cited} />;
}

/** The address names the passage; the page that leads here may hand over the quoted words. */
function useCited(): Cited | null {
  const value = useSearchParams()[0].get('passage');
  const state = useLocation().state as { quote?: string } | null;
  if (value === null || !/^\d{1,9}$/.test(value)) return null;
  return { ordinal: Number(value), quote: state?.quote ?? null };
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
