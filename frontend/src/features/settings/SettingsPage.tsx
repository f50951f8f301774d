import { Blank } from '../../components/Blank';
import { Opening } from '../../components/Opening';
import { useGuild, useMayCurate } from '../../lib/guild';
import { AnswerSettings } from './AnswerSettings';
import { useAnswerSettingsQuery } from './settingsApi';

/** How the server wants its answers: for moderators. */
export function SettingsPage() {
  const mayCurate = useMayCurate();
  return (
    <>
      <title>Answer settings · Lorekeeper</title>
      {mayCurate ? (
        <OpenSettings />
      ) : (
        <Blank heading="h1" title="For moderators">
          A moderator of this server decides how it is answered.
        </Blank>
      )}
    </>
  );
}

function OpenSettings() {
  const guildId = useGuild().id;
  const { currentData, error } = useAnswerSettingsQuery({ guildId }, { refetchOnMountOrArgChange: true });
  if (!currentData) return <Opening title="Opening the settings…" error={error} />;
  return <AnswerSettings key={guildId} settings={currentData.guild.answerSettings} />;
}
