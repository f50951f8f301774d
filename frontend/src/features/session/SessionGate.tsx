import type { ReactNode } from 'react';

import { useAppSelector } from '../../app/hooks';
import { Blank } from '../../components/Blank';
import { Button } from '../../components/Button';
import { Lantern } from '../../components/Lantern';
import type { Guild } from '../../lib/guild';
import { GuildContext } from '../../lib/guild';
import { selectChosenGuildId } from '../../lib/preferences';
import { asProblem } from '../../lib/problem';
import { useViewerQuery } from './sessionApi';
import { SignInPage } from './SignInPage';
import { useLinkedGuild } from './useLinkedGuild';

const noGuilds: Guild[] = [];

/** Lets the pages through once it is known who looks at them and in which guild. */
export function SessionGate({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useViewerQuery(undefined, { refetchOnReconnect: true });
  const guilds = data?.viewer.guilds ?? noGuilds;
  const linked = useLinkedGuild(guilds);
  const chosenId = useAppSelector(selectChosenGuildId);
  if (error && asProblem(error).code === 'unauthenticated') return <SignInPage />;
  if (!data) return <Doorway error={error} onRetry={() => void refetch()} />;
  const guild = linked ?? guilds.find(({ id }) => id === chosenId) ?? guilds[0] ?? null;
  // The key makes every page start over in another guild, so that nothing of the last one stays on screen.
  return (
    <GuildContext value={guild} key={guild?.id}>
      {children}
    </GuildContext>
  );
}

function Doorway({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  if (!error) return <Blank title="Opening the library…" art={<Lantern size={56} isLit />} />;
  return (
    <main role="alert">
      <Blank
        heading="h1"
        title="The library cannot be opened"
        art={<Lantern size={56} />}
        actions={
          <Button look="main" icon="retry" onClick={onRetry}>
            Try again
          </Button>
        }
      >
        {asProblem(error).message}
      </Blank>
    </main>
  );
}
