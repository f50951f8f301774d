import { useEffect, useRef } from 'react';

import { ProblemNote } from '../../components/ProblemNote';
import { formatAmount, formatCount } from '../../lib/format';
import type { PassagesQuery, PassagesQueryVariables } from './documents.generated';
import { usePassagesQuery } from './documentsApi';
import css from './PassagePage.module.css';
import type { Cited } from './passageText';
import { splitAround, withoutHeadings } from './passageText';

type Passage = NonNullable<PassagesQuery['guild']['document']>['passages'][number];

interface PassagePageProps {
  title: string;
  query: PassagesQueryVariables;
  cited: Cited | null;
}

export function PassagePage({ title, query, cited }: PassagePageProps) {
  // Another version may answer by now than when these were last read.
  const { data, error } = usePassagesQuery(query, { refetchOnMountOrArgChange: true });
  if (error) return <ProblemNote error={error} />;
  if (!data) return <p className={css.loading}>Turning to {formatAmount(query.first, 'passage')}…</p>;
  const passages = data.guild.document?.passages ?? [];
  return passages.map((passage, index) => (
    <PassageText
      key={passage.ordinal}
      passage={passage}
      body={withoutHeadings(passage, title)}
      before={passages[index - 1]}
      cited={passage.ordinal === cited?.ordinal ? cited : null}
    />
  ));
}

interface PassageTextProps {
  passage: Passage;
  body: string;
  before: Passage | undefined;
  cited: Cited | null;
}

function PassageText({ passage: { ordinal, headingPath, page }, body, before, cited }: PassageTextProps) {
  const isCited = cited !== null;
  const [start, quoted, end] = splitAround(body, cited?.quote ?? null);
  const self = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!isCited) return;
    self.current?.scrollIntoView({ block: 'center' });
    self.current?.focus({ preventScroll: true });
  }, [isCited]);
  const heading = headingPath.join(' › ');
  const isNewHeading = heading !== '' && heading !== before?.headingPath.join(' › ');
  return (
    <section
      ref={self}
      id={`passage-${String(ordinal)}`}
      className={isCited ? css.cited : css.passage}
      tabIndex={isCited ? -1 : undefined}
      aria-current={isCited ? 'location' : undefined}
    >
      {isNewHeading && <h2>{heading}</h2>}
      {isCited && <p className={css.sign}>The cited passage</p>}
      <p className={css.text}>
        {start}
        {quoted && <mark>{quoted}</mark>}
        {end}
      </p>
      <p className={css.place}>
        {page !== null && `Page ${formatCount(page)} · `}passage {formatCount(ordinal + 1)}
      </p>
    </section>
  );
}
