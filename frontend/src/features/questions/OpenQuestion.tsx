import { Blank } from '../../components/Blank';
import { Opening } from '../../components/Opening';
import { useGuild } from '../../lib/guild';
import { useLive } from '../../lib/live';
import type { QuestionQuery } from './questions.generated';
import { useQuestionQuery } from './questionsApi';
import { isPending, QuestionSheet } from './QuestionSheet';

interface OpenQuestionProps {
  questionId: string;
  onAskAgain: (text: string) => void;
}

function isOpen({ guild: { question } }: QuestionQuery): boolean {
  return question !== null && isPending(question);
}

export function OpenQuestion({ questionId, onAskAgain }: OpenQuestionProps) {
  const guildId = useGuild().id;
  const { currentData, error } = useLive(useQuestionQuery, { guildId, questionId }, isOpen);
  const question = currentData?.guild.question;
  if (question) return <QuestionSheet question={question} onAskAgain={onAskAgain} />;
  if (question === null) {
    return (
      <Blank title="This question is not here">
        It was asked in another server, or the link is incomplete.
      </Blank>
    );
  }
  return <Opening title="Finding the question…" error={error} />;
}
