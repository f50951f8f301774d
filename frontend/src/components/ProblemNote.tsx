import type { ReactNode } from 'react';

import { asProblem } from '../lib/problem';
import { Icon } from './Icon';
import css from './ProblemNote.module.css';

interface ProblemNoteProps {
  /** Whatever a query or mutation rejected with. */
  error: unknown;
  children?: ReactNode;
}

/** The server's own sentence about what went wrong, where it went wrong. */
export function ProblemNote({ error, children }: ProblemNoteProps) {
  return (
    <div className={css.note} role="alert">
      <Icon name="warning" />
      <p>{asProblem(error).message}</p>
      {children}
    </div>
  );
}
