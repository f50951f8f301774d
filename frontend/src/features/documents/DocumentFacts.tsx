import type { ReactNode } from 'react';
import { Link } from 'react-router';

import { Moment } from '../../components/Moment';
import { formatAmount, formatBytes, formatCount, formatLanguage, formatWait } from '../../lib/format';
import { useGuild, useMayCurate } from '../../lib/guild';
import css from './DocumentFacts.module.css';
import type { DocumentCardFragment } from './documents.generated';
import { useSetRefreshMutation } from './documentsApi';
import { originWords, refreshChoices, sayKind } from './kinds';
import { RefreshChoice } from './RefreshChoice';
import { Tags } from './Tags';
import { useAttempt } from './useAttempt';

/** What is known of a document; what is not known is left out. */
export function DocumentFacts({ document }: { document: DocumentCardFragment }) {
  const { pages, passageCount, language, sizeBytes, versionNumber, origin } = document;
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
        {formatCount(versionNumber)} · <Moment at={document.updatedAt} />
      </Fact>
      {origin === 'url' && <Checks document={document} />}
      <TagsFact document={document} />
      <Source document={document} />
    </dl>
  );
}

interface FactProps {
  name: string;
  children: ReactNode;
  isWide?: boolean;
}

function Fact({ name, children, isWide = false }: FactProps) {
  if (children === false || children === null || children === '') return null;
  return (
    <div className={isWide ? css.wide : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function TagsFact({ document }: { document: DocumentCardFragment }) {
  const mayCurate = useMayCurate();
  if (!mayCurate) return <Fact name="Tags">{document.tags.join(', ')}</Fact>;
  return (
    <div className={css.wide}>
      <Tags document={document} />
    </div>
  );
}

interface SourceProps {
  document: DocumentCardFragment;
}

function Source({ document: { sourceUrl, sourceName, origin, listedBy } }: SourceProps) {
  const isFromWeb = origin === 'url';
  const isLink = sourceUrl !== null && /^https?:\/\//.test(sourceUrl);
  return (
    <Fact name="Source" isWide>
      {isLink ? (
        <a href={sourceUrl} target="_blank" rel="noreferrer noopener nofollow">
          {isFromWeb ? sourceUrl : sourceName}
        </a>
      ) : (
        sourceName
      )}
      {!isFromWeb && ` · ${originWords[origin] ?? origin}`}
      {listedBy !== null && (
        <>
          {' · '}
          <Link to={`/documents/${listedBy}`}>one of a list</Link>
        </>
      )}
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
