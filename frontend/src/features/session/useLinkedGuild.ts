import { useEffect } from 'react';
import type { Location } from 'react-router';
import { useLocation, useNavigate } from 'react-router';

import { useAppDispatch } from '../../app/hooks';
import type { Guild } from '../../lib/guild';
import { guildChosen } from '../../lib/preferences';

/**
 * The guild that a link names, where the viewer is in it.
 *
 * It is chosen by that, and the address is rid of it: whoever goes on from there may choose another.
 */
export function useLinkedGuild(guilds: Guild[]): Guild | undefined {
  const { search, hash, state } = useLocation() as Location<unknown>;
  const dispatch = useAppDispatch();
  const navigate = useNavigate();
  const named = new URLSearchParams(search).get('guild');
  const guild = guilds.find(({ id }) => id === named);
  const guildId = guild?.id;
  useEffect(() => {
    if (guildId === undefined) return;
    dispatch(guildChosen(guildId));
    const rest = new URLSearchParams(search);
    rest.delete('guild');
    void navigate({ search: rest.toString(), hash }, { replace: true, state });
  }, [guildId, search, hash, state, dispatch, navigate]);
  return guild;
}
