import { ButtonLink } from '../../components/ButtonLink';
import { Lantern } from '../../components/Lantern';
import { useMayCurate } from '../../lib/guild';
import css from './FirstSteps.module.css';

/** The first thing a new guild sees: two steps from an empty shelf to an answer. */
export function FirstSteps({ name }: { name: string }) {
  const mayCurate = useMayCurate();
  return (
    <section className={css.steps}>
      <Lantern size={72} isLit />
      <h1>Welcome to the library of {name}</h1>
      <p className={css.lead}>The shelves are empty. Two steps lead to the first answer.</p>
      <ol>
        <li>
          <h2>Bring a document</h2>
          <p>
            {mayCurate
              ? 'Rules, guides, meeting notes, manuals: drop the files in, and watch them being read.'
              : 'A moderator adds the documents: rules, guides, meeting notes, manuals.'}
          </p>
          {mayCurate && (
            <ButtonLink to="/documents" look="main" icon="upload">
              Add documents
            </ButtonLink>
          )}
        </li>
        <li>
          <h2>Ask something</h2>
          <p>
            Here or with <code>/ask</code> on Discord. Every answer shows the passages it rests on.
          </p>
          <ButtonLink to="/ask" icon="ask">
            Ask a question
          </ButtonLink>
        </li>
      </ol>
    </section>
  );
}
