import { createContext, useContext } from 'react';

export interface Guild {
  id: string;
  name: string;
  role: 'MEMBER' | 'MODERATOR' | 'ADMINISTRATOR';
}

export const GuildContext = createContext<Guild | null>(null);

/** The guild every page works on. */
export function useGuild(): Guild {
  const guild = useContext(GuildContext);
  if (guild === null) throw new Error('useGuild needs a GuildContext above it.');
  return guild;
}

/** Whether the viewer may add, retry and delete documents. */
export function useMayCurate(): boolean {
  return useGuild().role !== 'MEMBER';
}
