import css from './CitationMark.module.css';
import { noteId } from './SourceNotes';

interface CitationMarkProps {
  number: number;
  title: string;
  isChosen: boolean;
  onChoose: (number: number | null) => void;
}

/** The number of a source that is not listed yet: as large as its mark, so that no line moves. */
export function PendingMark({ number }: { number: number }) {
  return (
    <sup className={css.place}>
      <span className={css.pending}>{number}</span>
    </sup>
  );
}

/** The small number in the text; pressing it leads to the source's note. */
export function CitationMark({ number, title, isChosen, onChoose }: CitationMarkProps) {
  const show = () => {
    onChoose(number);
    const note = document.getElementById(noteId(number));
    note?.focus({ preventScroll: true });
    note?.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
  };
  return (
    <sup className={css.place}>
      <button
        type="button"
        className={isChosen ? css.chosen : css.mark}
        aria-label={`Source ${String(number)}: ${title}`}
        onClick={show}
        onMouseEnter={() => {
          onChoose(number);
        }}
        onMouseLeave={() => {
          onChoose(null);
        }}
      >
        {number}
      </button>
    </sup>
  );
}
