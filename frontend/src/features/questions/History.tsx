import { Pager } from '../../components/Pager';
import { ProblemNote } from '../../components/ProblemNote';
import { QuestionList } from '../../components/QuestionList';
import { useGuild } from '../../lib/guild';
import { useLive } from '../../lib/live';
import { usePaging } from '../../lib/paging';
import css from './History.module.css';
import type { QuestionsQuery } from './questions.generated';
import { useQuestionsQuery } from './questionsApi';
import { isPending } from './useProgress';

const pageSize = 15;

function hasPending({ guild: { questions } }: QuestionsQuery): boolean {
  return questions.nodes.some(isPending);
}

/** What the guild has asked so far, newest first. */
export function History({ currentId }: { currentId: string | undefined }) {
  const guildId = useGuild().id;
  const { after, pagerOf } = usePaging(pageSize, guildId);
  const { data, error } = useLive(useQuestionsQuery, { guildId, first: pageSize, after }, hasPending);
  if (!data) return error ? <ProblemNote error={error} /> : null;
  const { questions } = data.guild;
  return (
    <section className={css.history} aria-labelledby="history">
      <h2 id="history">Asked before</h2>
      {questions.nodes.length > 0 ? (
        <QuestionList questions={questions.nodes} currentId={currentId} />
      ) : (
        <p className={css.none}>Nothing yet. Questions from Discord and from this page gather here.</p>
      )}
      <Pager label="Pages of questions" {...pagerOf(questions)} />
    </section>
  );
}
