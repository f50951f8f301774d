import { useState } from 'react';

import { useAppDispatch } from '../../app/hooks';
import { api } from '../../lib/api';
import { useGuild } from '../../lib/guild';
import { useLive, useStream } from '../../lib/live';
import type { FullQuestionFragment, QuestionQuery } from './questions.generated';
import { useQuestionQuery } from './questionsApi';

type Progress = Pick<FullQuestionFragment, 'stage' | 'place' | 'partial' | 'isStopped'>;

export function isPending({ status }: Pick<FullQuestionFragment, 'status'>): boolean {
  return status === 'ASKED' || status === 'ANSWERING';
}

const kinds = ['progress', 'ended'];

/** A question and how far its answer is: told by a stream, read every second where there is none. */
export function useProgress(questionId: string) {
  const guildId = useGuild().id;
  const dispatch = useAppDispatch();
  const [told, setTold] = useState<{ at: number; progress: Progress } | null>(null);
  const [isStreamed, setIsStreamed] = useState(false);
  const isOpen = ({ guild: { question } }: QuestionQuery) => question !== null && isPending(question);
  const { currentData, error, fulfilledTimeStamp } = useLive(
    useQuestionQuery,
    { guildId, questionId },
    (data) => isOpen(data) && !isStreamed,
  );
  const path = `/api/guilds/${encodeURIComponent(guildId)}/questions/${encodeURIComponent(questionId)}/events`;
  const hasStream = useStream(currentData && isOpen(currentData) ? path : null, kinds, (kind, data) => {
    if (kind === 'progress') setTold({ at: Date.now(), progress: data as Progress });
    else dispatch(api.util.invalidateTags(['Question', 'Statistics']));
  });
  if (hasStream !== isStreamed) setIsStreamed(hasStream);
  const question = currentData?.guild.question;
  // After a lost connection the row may know more than the stream told: the newer word counts.
  const isNewer = told !== null && told.at >= (fulfilledTimeStamp ?? 0);
  const known = question && isPending(question) && isNewer ? { ...question, ...told.progress } : question;
  return { question: known, error };
}
