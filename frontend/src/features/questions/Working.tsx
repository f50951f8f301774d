import { useAppDispatch } from '../../app/hooks';
import { Button } from '../../components/Button';
import { Lantern } from '../../components/Lantern';
import { formatAmount } from '../../lib/format';
import { useGuild, useMayCurate } from '../../lib/guild';
import { noticeAdded } from '../../lib/notices';
import { asProblem } from '../../lib/problem';
import answerCss from './Answer.module.css';
import { AnswerText } from './AnswerText';
import { PendingMark } from './CitationMark';
import type { FullQuestionFragment } from './questions.generated';
import { useStopQuestionMutation } from './questionsApi';
import css from './Working.module.css';

interface WorkingProps {
  question: FullQuestionFragment;
}

const stageWords: Record<FullQuestionFragment['stage'], string> = {
  ASKED: 'Taking the lantern to the shelves…',
  SEARCHING: 'Searching the documents…',
  QUEUED: 'Waiting for the writer…',
  READING: 'Reading the passages that fit…',
  WRITING: 'Writing…',
  CHECKING: 'Checking each sentence against its passage…',
  ENDED: 'Setting down the answer…',
};

function sayStage({ stage, place, isStopped }: FullQuestionFragment): string {
  if (isStopped) return 'Stopping…';
  if (stage === 'QUEUED' && place !== null) return `${formatAmount(place, 'answer')} ahead of yours`;
  return stageWords[stage];
}

/** An answer that is being made: what is done now, what is written so far, and a way to stop it. */
export function Working({ question }: WorkingProps) {
  const { partial } = question;
  if (partial === null || partial === '') return <Status question={question} />;
  // As the answer will stand, so that nothing moves when it is there: the text beside its sources.
  return (
    <div className={answerCss.withMargin}>
      <div className={answerCss.sheet}>
        {/* Screen readers tell the status meanwhile, and at the end the answer, once. */}
        <div aria-live="off" aria-busy="true">
          <AnswerText text={partial} renderCitation={renderPending} />
        </div>
        <Status question={question} />
      </div>
      <aside className={css.margin} aria-hidden="true">
        <h2>Sources</h2>
        <p>They are listed here once every sentence is checked.</p>
      </aside>
    </div>
  );
}

function renderPending(number: number) {
  return <PendingMark number={number} />;
}

function Status({ question }: WorkingProps) {
  const mayCurate = useMayCurate();
  const hasText = question.partial !== null && question.partial !== '';
  return (
    <div className={hasText ? css.below : css.alone}>
      <Lantern size={hasText ? 24 : 44} isLit />
      <p role="status">{sayStage(question)}</p>
      {(question.isOwn || mayCurate) && <StopButton question={question} />}
    </div>
  );
}

function StopButton({ question: { id, isStopped } }: WorkingProps) {
  const guildId = useGuild().id;
  const dispatch = useAppDispatch();
  const [stopQuestion, { isLoading }] = useStopQuestionMutation();
  const stop = async () => {
    const { error } = await stopQuestion({ guildId, questionId: id });
    if (error) dispatch(noticeAdded({ tone: 'problem', text: asProblem(error).message }));
  };
  return (
    <Button icon="stop" disabled={isLoading || isStopped} onClick={() => void stop()}>
      Stop
    </Button>
  );
}
