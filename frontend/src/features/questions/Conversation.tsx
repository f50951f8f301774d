import { Link } from 'react-router';

import { useGuild } from '../../lib/guild';
import css from './Conversation.module.css';
import { useConversationQuery } from './questionsApi';

interface ConversationProps {
  conversation: string;
  /** The question that the page shows. */
  currentId: string;
}

/** What was asked before and after in the same conversation, as a trail to walk along. */
export function Conversation({ conversation, currentId }: ConversationProps) {
  const guildId = useGuild().id;
  const { data } = useConversationQuery({ guildId, conversation });
  const questions = data?.guild.conversation ?? [];
  if (questions.length < 2) return null;
  return (
    <nav className={css.trail} aria-label="This conversation">
      <ol role="list">
        {questions.map(({ id, text }) => (
          <li key={id}>
            <Link to={`/questions/${id}`} aria-current={id === currentId ? 'page' : undefined}>
              {text}
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}
