import type { ReactNode } from 'react';

import css from './Blank.module.css';

interface BlankProps {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  art?: ReactNode;
  /** The title's rank: `h1` where this is all the page says. */
  heading?: 'h1' | 'h2';
}

/** What a place says while it has nothing to show: what it is for and what to do next. */
export function Blank({ title, children, actions, art, heading: Heading = 'h2' }: BlankProps) {
  return (
    <div className={css.blank}>
      {art}
      <Heading className={css.title}>{title}</Heading>
      {children && <div className={css.text}>{children}</div>}
      {actions && <div className={css.actions}>{actions}</div>}
    </div>
  );
}
