import css from './ProgressBar.module.css';

interface ProgressBarProps {
  label: string;
  /** 0 to 100. */
  percent: number;
}

export function ProgressBar({ label, percent }: ProgressBarProps) {
  const bounded = Math.min(100, Math.max(0, percent));
  return <progress className={css.bar} aria-label={label} max={100} value={bounded} />;
}
