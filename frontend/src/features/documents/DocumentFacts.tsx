import type { ReactNode } from 'react';
import { Link } from 'react-router';

import { Moment } from '../../components/Moment';
import { formatAmount, formatBytes, formatCount, formatLanguage, formatWait } from '../../lib/format';
import { useGuild, useMayCurate } from '../../lib/guild';
import css from './DocumentFacts.module.css';
import type { DocumentCardFragment } from './documents.generated';
import { useSetRefreshMutation } from './documentsApi';
import { isList, originWords, refreshChoices, sayKind } from './kinds';
import { RefreshChoice } from './RefreshChoice';
import { useAttempt } from './useAttempt';

interface DocumentFactsProps {
  document: DocumentCardFragment;
  /** How many passages the library holds in all. */
  inLibrary: number;
}

/** What is known of a document, and the proof that a question can find it. */
export function DocumentFacts({ document, inLibrary }: DocumentFactsProps) {
  const { pages, passageCount, language, sizeBytes, versionNumber, probeRank, origin } = document;
  const length = [
    pages !== null && formatAmount(pages, 'page'),
    passageCount > 0 && formatAmount(passageCount, 'passage'),
  ];
  return (
    <dl className={css.facts}>
      <Fact name="Kind">{sayKind(document.mediaType)}</Fact>
      <Fact name="Length">{length.filter(Boolean).join(', ')}</Fact>
      <Fact name="Language">{language !== null && formatLanguage(language)}</Fact>
      <Fact name="Size">{sizeBytes > 0 && formatBytes(sizeBytes)}</Fact>
      <Fact name="Version">
        {formatCount(versionNumber)}, <Moment at={document.updatedAt} />
      </Fact>
      <Source document={document} />
      <Fact name="Can be found">
        {probeRank !== null && !isList(document) && sayProof(probeRank, inLibrary)}
      </Fact>
      {origin === 'url' && <Checks document={document} />}
    </dl>
  );
}

/** A fact that is not known is left out. */
function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (children === false || children === null || children === '') return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function sayProof(rank: number, inLibrary: number): string {
  const among = Math.max(rank, inLibrary);
  return `By its own words: rank ${formatCount(rank)} of ${formatAmount(among, 'passage')}`;
}

function Source({
  document: { sourceUrl, sourceName, title, origin, listedBy },
}: {
  document: DocumentCardFragment;
}) {
  const isLink = sourceUrl !== null && /^https?:\/\//.test(sourceUrl);
  return (
    <Fact name="Source">
      {isLink ? (
        <a href={sourceUrl} target="_blank" rel="noreferrer noopener nofollow">
          {origin === 'url' ? sourceUrl : sourceName}
        </a>
      ) : (
        sourceName !== title && sourceName
      )}{' '}
      {origin !== 'url' && <span className={css.aside}>({originWords[origin] ?? origin})</span>}
      {listedBy !== null && <Link to={`/documents/${listedBy}`}>one of a list</Link>}
    </Fact>
  );
}

function Checks({
  document: { id, checkedAt, nextRefreshAt, refreshHours },
}: {
  document: DocumentCardFragment;
}) {
  const guildId = useGuild().id;
  const mayCurate = useMayCurate();
  const attempt = useAttempt();
  const [setRefresh, { isLoading }] = useSetRefreshMutation();
  const words = refreshChoices.find(([hours]) => hours === refreshHours)?.[1];
  return (
    <>
      <Fact name="Last checked">{checkedAt !== null && <Moment at={checkedAt} />}</Fact>
      <Fact name="Next check">{nextRefreshAt !== null && formatWait(nextRefreshAt)}</Fact>
      {mayCurate ? (
        <div className={css.control}>
          <RefreshChoice
            hours={refreshHours}
            isDisabled={isLoading}
            onChange={(hours) => void attempt(setRefresh({ guildId, documentId: id, hours }))}
          />
        </div>
      ) : (
        <Fact name="Check again">{words ?? `Every ${formatAmount(refreshHours ?? 0, 'hour')}`}</Fact>
      )}
    </>
  );
}
