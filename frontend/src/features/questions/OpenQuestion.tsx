import { Blank } from '../../components/Blank';
import { Opening } from '../../components/Opening';
import { Conversation } from './Conversation';
import { QuestionSheet } from './QuestionSheet';
import { useProgress } from './useProgress';

interface OpenQuestionProps {
  questionId: string;
  onAskAgain: (text: string) => void;
}

export function OpenQuestion({ questionId, onAskAgain }: OpenQuestionProps) {
  const { question, error } = useProgress(questionId);
  if (question) {
    return (
      <>
        {question.conversation !== null && (
          <Conversation conversation={question.conversation} currentId={questionId} />
        )}
        <QuestionSheet question={question} onAskAgain={onAskAgain} />
      </>
    );
  }
  if (question === null) {
    return (
      <Blank title="This question is not here">
        It was asked in another server, or the link is incomplete.
      </Blank>
    );
  }
  return <Opening title="Finding the question…" error={error} />;
}
