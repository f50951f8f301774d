import { Button } from '../../components/Button';
import { Lantern } from '../../components/Lantern';
import { ProblemNote } from '../../components/ProblemNote';
import { useSignInMethodsQuery, useSignInMutation } from './sessionApi';
import css from './SignInPage.module.css';

/** How each way in is offered; one the page does not know yet is left out rather than guessed. */
const offers: Record<string, string> = { development: 'Continue as developer' };

export function SignInPage() {
  const { data, error: methodsError, refetch } = useSignInMethodsQuery();
  const [signIn, { isLoading, error }] = useSignInMutation();
  const methods = data?.methods.filter((method) => method in offers);
  return (
    <main className={css.page}>
      <title>Sign in · Lorekeeper</title>
      <section className={css.card}>
        <Lantern size={64} />
        <h1>Lorekeeper</h1>
        <p>Answers from your server’s own documents, each with its source.</p>
        {methods?.map((method) => (
          <Button key={method} look="main" disabled={isLoading} onClick={() => void signIn({ method })}>
            {offers[method]}
          </Button>
        ))}
        {methods?.length === 0 && <p>No way to sign in is set up. Ask whoever runs this Lorekeeper.</p>}
        {error && <ProblemNote error={error} />}
        {methodsError && (
          <ProblemNote error={methodsError}>
            <Button icon="retry" onClick={() => void refetch()}>
              Try again
            </Button>
          </ProblemNote>
        )}
      </section>
    </main>
  );
}
