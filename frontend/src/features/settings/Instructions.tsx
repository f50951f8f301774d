import type { SyntheticEvent } from 'react';
import { useState } from 'react';

import { Button } from '../../components/Button';
import { formatCount } from '../../lib/format';
import css from './AnswerSettings.module.css';

const longest = 1_000;

interface InstructionsProps {
  kept: string;
  isSaving: boolean;
  /** Resolves to whether they were kept. */
  onSave: (instructions: string) => Promise<boolean>;
}

/** The server's own wishes for the writing, kept when they are finished. */
export function Instructions({ kept, isSaving, onSave }: InstructionsProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const text = draft ?? kept;
  // As the server counts: characters, not the halves that some of them have here.
  const length = Array.from(text.trim()).length;
  const isTooLong = length > longest;
  const isChanged = draft !== null && draft.trim() !== kept;
  const save = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (isChanged && !isTooLong && (await onSave(text.trim()))) setDraft(null);
  };
  return (
    <form className={css.instructions} onSubmit={(event) => void save(event)}>
      <label htmlFor="instructions">Wishes for the writing</label>
      <p id="instructions-help" className={css.help}>
        For the language model, such as “Answer in German” or “Be brief”. The documents stay the only source.
      </p>
      <textarea
        id="instructions"
        rows={4}
        aria-describedby="instructions-help instructions-length"
        aria-invalid={isTooLong}
        value={text}
        onChange={({ target }) => {
          setDraft(target.value);
        }}
      />
      <div className={css.foot}>
        <span id="instructions-length" className={isTooLong ? css.tooLong : css.help}>
          {formatCount(length)} of {formatCount(longest)} characters
        </span>
        <Button
          type="submit"
          look={isChanged ? 'main' : 'plain'}
          disabled={!isChanged || isTooLong || isSaving}
        >
          Save
        </Button>
      </div>
    </form>
  );
}
