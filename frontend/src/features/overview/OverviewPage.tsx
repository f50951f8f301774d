import { Link } from 'react-router';

import { Blank } from '../../components/Blank';
import { ButtonLink } from '../../components/ButtonLink';
import { Opening } from '../../components/Opening';
import { QuestionList } from '../../components/QuestionList';
import { useGuild } from '../../lib/guild';
import { useLive } from '../../lib/live';
import { Figures } from './Figures';
import { FirstSteps } from './FirstSteps';
import type { OverviewQuery } from './overview.generated';
import { useOverviewQuery } from './overviewApi';
import css from './OverviewPage.module.css';
import { QuestionShelf } from './QuestionShelf';
import { Report } from './Report';

function isPending({ guild: { statistics } }: OverviewQuery): boolean {
  return statistics.pending > 0 || statistics.processingDocuments > 0;
}

export function OverviewPage() {
  const guild = useGuild();
  const { currentData, error } = useLive(useOverviewQuery, { guildId: guild.id }, isPending);
  return (
    <>
      <title>Overview · Lorekeeper</title>
      {currentData ? (
        <Overview guild={currentData.guild} name={guild.name} />
      ) : (
        <Opening title="Counting…" error={error} />
      )}
    </>
  );
}

function Overview({
  guild: { statistics, questions },
  name,
}: {
  guild: OverviewQuery['guild'];
  name: string;
}) {
  const isEmpty = statistics.documents === 0 && statistics.questions === 0;
  if (isEmpty) return <FirstSteps name={name} />;
  return (
    <div className={css.overview}>
      <Report name={name} statistics={statistics} />
      <section className={`${css.card ?? ''} ${css.chart ?? ''}`} aria-labelledby="days">
        <h2 id="days">Questions of the last 14 days</h2>
        <QuestionShelf days={statistics.questionsPerDay} />
      </section>
      <Figures statistics={statistics} />
      <section className={`${css.card ?? ''} ${css.latest ?? ''}`} aria-labelledby="latest">
        <div className={css.head}>
          <h2 id="latest">Latest questions</h2>
          <Link to="/ask">All questions</Link>
        </div>
        {questions.nodes.length > 0 ? (
          <QuestionList questions={questions.nodes} />
        ) : (
          <Blank
            title="Nobody has asked yet"
            actions={
              <ButtonLink to="/ask" look="main" icon="ask">
                Ask the first question
              </ButtonLink>
            }
          >
            Ask here, or with <code>/ask</code> on Discord. Questions from everywhere show up in this list.
          </Blank>
        )}
      </section>
    </div>
  );
}
