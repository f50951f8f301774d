import { Link } from 'react-router';

import { Icon } from '../../components/Icon';
import type { Citation } from './citationTarget';
import { targetOf } from './citationTarget';
import css from './SourceNotes.module.css';

interface SourceNotesProps {
  title: string;
  citations: Citation[];
  /** The number of the source that the reader looks at. */
  chosen: number | null;
  onChoose: (number: number | null) => void;
}

export function noteId(number: number): string {
  return `source-${String(number)}`;
}

/** The sources of an answer as notes in its margin. */
export function SourceNotes({ title, citations, chosen, onChoose }: SourceNotesProps) {
  return (
    <aside className={css.margin} aria-label={title}>
      <h2>{title}</h2>
      <ol role="list">
        {citations.map((citation) => (
          <SourceNote
            key={citation.number}
            citation={citation}
            isChosen={citation.number === chosen}
            onChoose={onChoose}
          />
        ))}
      </ol>
    </aside>
  );
}

interface SourceNoteProps {
  citation: Citation;
  isChosen: boolean;
  onChoose: SourceNotesProps['onChoose'];
}

function SourceNote({ citation, isChosen, onChoose }: SourceNoteProps) {
  const { number, location, quote } = citation;
  return (
    <li
      id={noteId(number)}
      className={isChosen ? css.chosen : css.note}
      tabIndex={-1}
      onMouseEnter={() => {
        onChoose(number);
      }}
      onMouseLeave={() => {
        onChoose(null);
      }}
    >
      <span className={css.number} aria-hidden="true">
        {number}
      </span>
      <div className={css.words}>
        <p className={css.title}>
          <span className="visually-hidden">Source {number}: </span>
          <SourceLink citation={citation} />
        </p>
        {location && <p className={css.location}>{location}</p>}
        {quote && <blockquote>{quote}</blockquote>}
      </div>
    </li>
  );
}

function SourceLink({ citation }: { citation: Citation }) {
  const target = targetOf(citation);
  if (target === null) return citation.title;
  if (target.kind === 'page') {
    return (
      <Link to={target.path} state={{ quote: citation.quote }}>
        {citation.title}
      </Link>
    );
  }
  return (
    <a href={target.address} target="_blank" rel="noopener noreferrer">
      {citation.title} <Icon name="external" size={14} />
      <span className={css.host}>{target.host}</span>
    </a>
  );
}
