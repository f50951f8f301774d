import { Blank } from './Blank';
import { Lantern } from './Lantern';
import { ProblemNote } from './ProblemNote';

/** Stands where data will be: says what is being fetched, or why it does not come. */
export function Opening({ title, error }: { title: string; error: unknown }) {
  if (error) return <ProblemNote error={error} />;
  return <Blank title={title} art={<Lantern size={56} isLit />} />;
}
