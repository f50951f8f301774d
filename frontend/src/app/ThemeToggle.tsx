import { useEffect } from 'react';

import { IconButton } from '../components/Button';
import type { Theme } from '../lib/preferences';
import { selectTheme, themeChosen } from '../lib/preferences';
import { useAppDispatch, useAppSelector } from './hooks';
import css from './Layout.module.css';

const after: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const looks = {
  system: { icon: 'auto', label: 'Theme: as the system. Switch to light' },
  light: { icon: 'sun', label: 'Theme: light. Switch to dark' },
  dark: { icon: 'moon', label: 'Theme: dark. Switch to the system’s' },
} as const;

function useTheme(theme: Theme): void {
  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)');
    const apply = () => {
      const isDark = theme === 'system' ? system.matches : theme === 'dark';
      document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
    };
    apply();
    system.addEventListener('change', apply);
    return () => {
      system.removeEventListener('change', apply);
    };
  }, [theme]);
}

export function ThemeToggle() {
  const dispatch = useAppDispatch();
  const theme = useAppSelector(selectTheme);
  useTheme(theme);
  return (
    <IconButton
      className={css.bandButton}
      {...looks[theme]}
      onClick={() => dispatch(themeChosen(after[theme]))}
    />
  );
}
