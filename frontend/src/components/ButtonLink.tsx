import type { ReactNode } from 'react';
import { Link } from 'react-router';

import css from './Button.module.css';
import type { IconName } from './Icon';
import { Icon } from './Icon';

interface ButtonLinkProps {
  to: string;
  look?: 'main' | 'plain';
  icon?: IconName;
  children: ReactNode;
}

export function ButtonLink({ to, look = 'plain', icon, children }: ButtonLinkProps) {
  return (
    <Link to={to} className={`${css.button ?? ''} ${css[look] ?? ''}`}>
      {icon && <Icon name={icon} />}
      {children}
    </Link>
  );
}
