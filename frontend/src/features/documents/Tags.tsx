import type { SubmitEvent } from 'react';

import { Button } from '../../components/Button';
import { useGuild } from '../../lib/guild';
import type { DocumentCardFragment } from './documents.generated';
import { useSetTagsMutation } from './documentsApi';
import css from './Tags.module.css';
import { useAttempt } from './useAttempt';

/** What a document is filed under, for those who may change it. */
export function Tags({ document: { id, tags } }: { document: DocumentCardFragment }) {
  const guildId = useGuild().id;
  const attempt = useAttempt();
  const [setTags, { isLoading }] = useSetTagsMutation();
  const known = tags.join(', ');
  const save = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const words = new FormData(event.currentTarget).get('tags');
    if (typeof words === 'string') void attempt(setTags({ guildId, documentId: id, tags: words.split(',') }));
  };
  return (
    <form className={css.form} onSubmit={save}>
      <label>
        Tags
        {/* Made anew where somebody else changed them meanwhile. */}
        <input key={known} name="tags" defaultValue={known} placeholder="guide, billing" maxLength={900} />
      </label>
      <Button type="submit" disabled={isLoading}>
        Save
      </Button>
    </form>
  );
}
