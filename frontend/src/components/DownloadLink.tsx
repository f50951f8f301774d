import type { ReactNode } from 'react';

import css from './Button.module.css';
import { Icon } from './Icon';

/** Saves what an address of ours answers; the server says under which name. */
export function DownloadLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} download className={`${css.button ?? ''} ${css.plain ?? ''}`}>
      <Icon name="download" />
      {children}
    </a>
  );
}
