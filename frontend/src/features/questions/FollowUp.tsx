import { useAppDispatch } from '../../app/hooks';
import { Button } from '../../components/Button';
import { ButtonLink } from '../../components/ButtonLink';
import { useGuild } from '../../lib/guild';
import { noticeAdded } from '../../lib/notices';
import { asProblem } from '../../lib/problem';
import css from './FollowUp.module.css';
import { useForgetConversationMutation } from './questionsApi';

/** What the next question will hear, and how to have it hear nothing. */
export function FollowUp({ conversation }: { conversation: string }) {
  const guildId = useGuild().id;
  const dispatch = useAppDispatch();
  const [forgetConversation, { isLoading }] = useForgetConversationMutation();
  const forget = async () => {
    const { error } = await forgetConversation({ guildId, conversation });
    dispatch(
      noticeAdded(
        error
          ? { tone: 'problem', text: asProblem(error).message }
          : { tone: 'calm', text: 'Forgotten: these questions stay in the list, but stand alone now.' },
      ),
    );
  };
  return (
    <div className={css.follow}>
      <p>What you ask here is understood together with what you asked before.</p>
      <div className={css.actions}>
        <ButtonLink to="/ask" icon="add">
          New conversation
        </ButtonLink>
        <Button icon="trash" disabled={isLoading} onClick={() => void forget()}>
          Forget this conversation
        </Button>
      </div>
    </div>
  );
}
