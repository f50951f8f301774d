import { useId } from 'react';

import css from './Lantern.module.css';

interface LanternProps {
  size?: number;
  /** A lantern that is searching flickers. */
  isLit?: boolean;
}

/** The keeper's lantern: our mark, and the sign that a question is being looked up. */
export function Lantern({ size = 32, isLit = false }: LanternProps) {
  const halo = useId();
  return (
    <svg
      className={isLit ? css.lit : css.lantern}
      width={size}
      height={size}
      viewBox="0 0 32 32"
      aria-hidden="true"
    >
      <radialGradient id={halo}>
        <stop className={css.haloCore} offset="0.2" />
        <stop className={css.haloRim} offset="1" />
      </radialGradient>
      {isLit && <circle className={css.halo} cx="16" cy="19" r="20" fill={`url(#${halo})`} />}
      <path className={css.line} d="M8.3 12.6C4.6 1.5 27.4 1.5 23.7 12.6" />
      <path
        className={css.frame}
        d="M14.2 5.800h3.600v1.900c2.7.5 4.3 2 4.7 4.300h-13c.4-2.3 2-3.8 4.7-4.300z"
      />
      <path className={css.glass} d="M10.3 13.200h11.400l1.5 11H8.800z" />
      <path
        className={css.flame}
        d="M16 14.400c2.2 2.4 3.1 4 3.1 5.500a3.1 3.1 0 0 1-6.2 0c0-1.5.9-3.1 3.1-5.500z"
      />
      <path className={css.line} d="M10.3 12.600L8.8 24.400M21.7 12.600l1.5 11.8" />
      <path
        className={css.frame}
        d="M8 24.200h16a1 1 0 0 1 1 1V27a1.2 1.2 0 0 1-1.2 1.200H8.200A1.2 1.2 0 0 1 7 27v-1.800a1 1 0 0 1 1-1z"
      />
    </svg>
  );
}
