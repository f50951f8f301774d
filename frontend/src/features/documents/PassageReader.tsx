import { useState } from 'react';

import { Button } from '../../components/Button';
import { useGuild } from '../../lib/guild';
import type { DocumentCardFragment } from './documents.generated';
import { PassagePage } from './PassagePage';
import css from './PassageReader.module.css';
import type { Cited } from './passageText';

const pageSize = 50;
const leadIn = 8;

interface PassageReaderProps {
  document: DocumentCardFragment;
  /** The passage an answer rests on. */
  cited: Cited | null;
}

/** A document's passages in reading order; a cited one is opened with some text before it. */
export function PassageReader({ document: { id, title, passageCount }, cited }: PassageReaderProps) {
  const guildId = useGuild().id;
  const isGone = cited !== null && cited.ordinal >= passageCount;
  const first = cited === null || isGone ? -1 : Math.max(-1, cited.ordinal - leadIn);
  const [starts, setStarts] = useState([first]);
  const earliest = starts[0] ?? -1;
  const latest = starts.at(-1) ?? -1;
  return (
    <div className={css.reader}>
      {isGone && (
        <p className={css.gone}>The cited passage is not in this version of the document any more.</p>
      )}
      {earliest > -1 && (
        <Button
          className={css.more ?? ''}
          onClick={() => {
            setStarts([Math.max(-1, earliest - pageSize), ...starts]);
          }}
        >
          Show what comes before
        </Button>
      )}
      {starts.map((after, index) => (
        <PassagePage
          key={after}
          title={title}
          query={{
            guildId,
            documentId: id,
            after,
            first: Math.min(pageSize, (starts[index + 1] ?? Infinity) - after),
          }}
          cited={cited}
        />
      ))}
      {latest + pageSize < passageCount - 1 && (
        <Button
          className={css.more ?? ''}
          onClick={() => {
            setStarts([...starts, latest + pageSize]);
          }}
        >
          Show what comes next
        </Button>
      )}
    </div>
  );
}
