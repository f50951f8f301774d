import { Button } from './Button';
import css from './Pager.module.css';

interface PagerProps {
  label: string;
  hasNewer: boolean;
  hasOlder: boolean;
  onNewer: () => void;
  onOlder: () => void;
  summary: string;
}

export function Pager({ label, hasNewer, hasOlder, onNewer, onOlder, summary }: PagerProps) {
  if (!hasNewer && !hasOlder) return null;
  return (
    <nav className={css.pager} aria-label={label}>
      <Button icon="left" disabled={!hasNewer} onClick={onNewer}>
        Newer
      </Button>
      <span aria-live="polite">{summary}</span>
      <Button disabled={!hasOlder} onClick={onOlder}>
        Older
      </Button>
    </nav>
  );
}
