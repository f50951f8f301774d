import { useContext, useLayoutEffect, useRef } from 'react';
import { Link, NavigationType, Outlet, useLocation, useNavigationType } from 'react-router';

import { Blank } from '../components/Blank';
import type { IconName } from '../components/Icon';
import { Icon } from '../components/Icon';
import { Lantern } from '../components/Lantern';
import { Account } from '../features/session/Account';
import { GuildSwitcher } from '../features/session/GuildSwitcher';
import { GuildContext } from '../lib/guild';
import { ConnectionNotice } from './ConnectionNotice';
import { ErrorBoundary } from './ErrorBoundary';
import css from './Layout.module.css';
import { ThemeToggle } from './ThemeToggle';

interface Place {
  to: string;
  name: string;
  icon: IconName;
  also?: string;
}

const places: Place[] = [
  { to: '/', name: 'Overview', icon: 'overview' },
  { to: '/documents', name: 'Documents', icon: 'book' },
  { to: '/ask', name: 'Ask', icon: 'ask', also: '/questions/' },
];
const moderatorPlaces: Place[] = [...places, { to: '/settings', name: 'Settings', icon: 'settings' }];

/** The frame around every page: the band with the places to go, the page below it. */
export function Layout() {
  const { pathname } = useLocation();
  const guild = useContext(GuildContext);
  const wentForward = useNavigationType() === NavigationType.Push;
  const main = useRef<HTMLElement>(null);
  // Before the page's own effects, so that a cited passage may still scroll itself into view.
  useLayoutEffect(() => {
    if (!wentForward) return;
    window.scrollTo(0, 0);
    // A screen reader goes on from the link that was followed, unless the page is told to be new.
    if (!main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true });
  }, [pathname, wentForward]);
  return (
    <>
      <a className={css.skip} href="#page">
        Skip to the page
      </a>
      <header className={css.band}>
        <div className={css.inner}>
          <Link to="/" className={css.mark}>
            <Lantern size={30} />
            <span>Lorekeeper</span>
          </Link>
          <Places pathname={pathname} places={guild && guild.role !== 'MEMBER' ? moderatorPlaces : places} />
          <div className={css.side}>
            {guild && <GuildSwitcher />}
            <ThemeToggle />
            <Account />
          </div>
        </div>
      </header>
      <ConnectionNotice />
      <main ref={main} id="page" className={css.page} tabIndex={-1}>
        <ErrorBoundary resetKey={pathname}>{guild ? <Outlet /> : <NoGuild />}</ErrorBoundary>
      </main>
    </>
  );
}

function Places({ pathname, places }: { pathname: string; places: Place[] }) {
  return (
    <nav className={css.places} aria-label="Main">
      {places.map(({ to, name, icon, also }) => {
        const below = [to === '/' ? undefined : `${to}/`, also];
        const isHere = pathname === to || below.some((start) => start && pathname.startsWith(start));
        return (
          <Link key={to} to={to} aria-current={isHere ? 'page' : undefined}>
            <Icon name={icon} />
            {name}
          </Link>
        );
      })}
    </nav>
  );
}

function NoGuild() {
  return (
    <Blank heading="h1" title="No server yet" art={<Lantern size={56} />}>
      You belong to no server that uses this Lorekeeper. Ask its administrator to add you.
    </Blank>
  );
}
