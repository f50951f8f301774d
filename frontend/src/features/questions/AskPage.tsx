import { useNavigate, useParams } from 'react-router';

import { useGuild } from '../../lib/guild';
import css from './AskPage.module.css';
import { Composer } from './Composer';
import { History } from './History';
import { OpenQuestion } from './OpenQuestion';
import { useAskMutation } from './questionsApi';

/** The desk: a box to ask, the open question, and what was asked before. */
export function AskPage() {
  const guildId = useGuild().id;
  const { questionId } = useParams();
  const navigate = useNavigate();
  const [sendQuestion, { isLoading, error }] = useAskMutation();
  const ask = async (text: string) => {
    const { data } = await sendQuestion({ guildId, text });
    if (data) void navigate(`/questions/${data.ask.id}`);
    return data !== undefined;
  };
  return (
    <div className={css.desk}>
      <title>Ask · Lorekeeper</title>
      <h1 className={questionId ? 'visually-hidden' : undefined}>What would you like to know?</h1>
      <Composer onAsk={ask} isAsking={isLoading} isMainThing={!questionId} error={error} />
      {questionId && (
        <OpenQuestion key={questionId} questionId={questionId} onAskAgain={(text) => void ask(text)} />
      )}
      <History currentId={questionId} />
    </div>
  );
}
