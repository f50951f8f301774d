import { useAppDispatch } from '../../app/hooks';
import { useGuild } from '../../lib/guild';
import { guildChosen } from '../../lib/preferences';
import css from './GuildSwitcher.module.css';
import { useViewerQuery } from './sessionApi';

/** Names the guild; offers the others where there are any. */
export function GuildSwitcher() {
  const dispatch = useAppDispatch();
  const guild = useGuild();
  const { data } = useViewerQuery();
  const guilds = data?.viewer.guilds ?? [];
  if (guilds.length < 2) return <span className={css.only}>{guild.name}</span>;
  return (
    <select
      className={css.select}
      aria-label="Server"
      value={guild.id}
      onChange={(event) => dispatch(guildChosen(event.target.value))}
    >
      {guilds.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}
