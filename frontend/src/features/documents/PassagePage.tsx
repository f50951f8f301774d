import { useEffect, useRef } from 'react';

import { ProblemNote } from '../../components/ProblemNote';
import { formatAmount, formatCount } from '../../lib/format';
import type { PassagesQuery, PassagesQueryVariables } from './documents.generated';
import { usePassagesQuery } from './documentsApi';
import css from './PassagePage.module.css';

type Passage = NonNullable<PassagesQuery['guild']['document']>['passages'][number];

interface PassagePageProps {
  query: PassagesQueryVariables;
  cited: number | null;
}

export function PassagePage({ query, cited }: PassagePageProps) {
  const { data, error } = usePassagesQuery(query);
  if (error) return <ProblemNote error={error} />;
  if (!data) return <p className={css.loading}>Turning to {formatAmount(query.first, 'passage')}…</p>;
  const passages = data.guild.document?.passages ?? [];
  return passages.map((passage, index) => (
    <PassageText
      key={passage.ordinal}
      passage={passage}
      before={passages[index - 1]}
      isCited={passage.ordinal === cited}
    />
  ));
}

interface PassageTextProps {
  passage: Passage;
  before: Passage | undefined;
  isCited: boolean;
}

function PassageText({ passage: { ordinal, text, headingPath, page }, before, isCited }: PassageTextProps) {
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
      <p className={css.text}>{text}</p>
      <p className={css.place}>
        {page !== null && `Page ${formatCount(page)} · `}passage {formatCount(ordinal + 1)}
      </p>
    </section>
  );
}
