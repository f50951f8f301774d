import css from './Lantern.module.css';

interface LanternProps {
  size?: number;
  /** A lantern that is searching flickers. */
  isLit?: boolean;
}

/** The keeper's lantern: our mark, and the sign that a question is being looked up. */
export function Lantern({ size = 32, isLit = false }: LanternProps) {
  return (
    <svg
      className={isLit ? css.lit : css.lantern}
      width={size}
      height={size}
      viewBox="0 0 32 32"
      aria-hidden="true"
    >
      <circle className={css.glow} cx="16" cy="18" r="14" />
      <path className={css.handle} d="M11.5 6.600a4.5 4.5 0 0 1 9 0" />
      <path className={css.frame} d="M11 7.600h10l1.5 3.400h-13z" />
      <path className={css.glass} d="M10 12.200h12v11.200H10z" />
      <path
        className={css.flame}
        d="M16 13.600c2.2 2.3 3.2 4 3.2 5.500a3.2 3.2 0 0 1-6.4 0c0-1.5 1-3.2 3.2-5.500z"
      />
      <path className={css.frame} d="M9 24.600h14v2.600H9z" />
    </svg>
  );
}
