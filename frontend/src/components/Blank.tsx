import type { ReactNode } from 'react';

import css from './Blank.module.css';

interface BlankProps {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  art?: ReactNode;
}

/** What a place says while it has nothing to show: what it is for and what to do next. */
export function Blank({ title, children, actions, art }: BlankProps) {
  return (
    <div className={css.blank}>
      {art}
      <h2>{title}</h2>
      {children && <div className={css.text}>{children}</div>}
      {actions && <div className={css.actions}>{actions}</div>}
    </div>
  );
}
