import { Blank } from '../components/Blank';
import { ButtonLink } from '../components/ButtonLink';
import { Lantern } from '../components/Lantern';

export function NotFoundPage() {
  return (
    <Blank
      heading="h1"
      title="There is no such page"
      art={<Lantern size={56} />}
      actions={<ButtonLink to="/">To the overview</ButtonLink>}
    >
      The address leads nowhere. It may have been typed wrong, or the page is gone.
    </Blank>
  );
}
