import type { ButtonHTMLAttributes } from 'react';

import css from './Button.module.css';
import type { IconName } from './Icon';
import { Icon } from './Icon';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: 'main' | 'plain' | 'quiet' | 'danger';
  icon?: IconName;
}

export function Button({ look = 'plain', icon, children, className = '', ...rest }: ButtonProps) {
  return (
    <button type="button" className={`${css.button ?? ''} ${css[look] ?? ''} ${className}`} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ButtonProps, 'children' | 'icon'> {
  icon: IconName;
  /** What the button does, for those who do not see the icon. */
  label: string;
}

export function IconButton({ icon, label, look = 'quiet', className = '', ...rest }: IconButtonProps) {
  return (
    <Button
      look={look}
      icon={icon}
      className={`${css.square ?? ''} ${className}`}
      aria-label={label}
      title={label}
      {...rest}
    />
  );
}
