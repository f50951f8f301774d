import { skipToken } from '@reduxjs/toolkit/query/react';
import { useNavigate, useParams } from 'react-router';

import { Lantern } from '../../components/Lantern';
import { useGuild } from '../../lib/guild';
import { newUuid } from '../../lib/uuid';
import css from './AskPage.module.css';
import { Composer } from './Composer';
import { FollowUp } from './FollowUp';
import { History } from './History';
import { OpenQuestion } from './OpenQuestion';
import { useAskMutation, useQuestionQuery } from './questionsApi';

/** The desk: a box to ask, the open question, and what was asked before. */
export function AskPage() {
  const guildId = useGuild().id;
  const { questionId } = useParams();
  const navigate = useNavigate();
  const [sendQuestion, { isLoading, error }] = useAskMutation();
  const { currentData } = useQuestionQuery(questionId ? { guildId, questionId } : skipToken);
  const conversation = currentData?.guild.question?.conversation ?? null;
  const ask = async (text: string) => {
    const place =
      conversation === null ? { conversation: newUuid() } : { conversation, follows: questionId ?? null };
    const { data } = await sendQuestion({ guildId, text, ...place });
    if (data) void navigate(`/questions/${data.ask.id}`);
    return data !== undefined;
  };
  return (
    <div className={questionId ? css.desk : css.emptyDesk}>
      <title>Ask · Lorekeeper</title>
      {questionId ? (
        <>
          <h1 className="visually-hidden">Ask</h1>
          <OpenQuestion key={questionId} questionId={questionId} onAskAgain={(text) => void ask(text)} />
        </>
      ) : (
        <Welcome />
      )}
      {/* In one place for both, so that it is one box: whoever asked may type on. */}
      <Composer
        onAsk={ask}
        isAsking={isLoading}
        isMainThing={!questionId}
        isFollowUp={conversation !== null}
        error={error}
      />
      {conversation !== null && <FollowUp conversation={conversation} />}
      <History currentId={questionId} />
    </div>
  );
}

function Welcome() {
  return (
    <header className={css.welcome}>
      <Lantern size={64} isLit />
      <h1>What would you like to know?</h1>
      <p>The answer comes from this server’s own documents, with the passages it rests on.</p>
    </header>
  );
}
