import type { ComponentProps, SubmitEvent } from 'react';
import { useId, useState } from 'react';

import { useAppDispatch } from '../../app/hooks';
import { Button } from '../../components/Button';
import { ProblemNote } from '../../components/ProblemNote';
import { useGuild } from '../../lib/guild';
import { noticeAdded } from '../../lib/notices';
import css from './AddAddress.module.css';
import { useAddAddressMutation } from './documentsApi';
import { RefreshChoice } from './RefreshChoice';

/** Asks for a web address, what to call it and how often to look at it again. */
export function AddAddress({ onClose }: { onClose: () => void }) {
  const guildId = useGuild().id;
  const dispatch = useAppDispatch();
  const id = useId();
  const [url, setUrl] = useState('');
  const [title, setTitle] = useState('');
  const [hours, setHours] = useState<number | null>(null);
  const [add, { isLoading, error }] = useAddAddressMutation();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const added = await add({ guildId, url: url.trim(), title: title.trim() || null, refreshHours: hours });
    if (!added.data) return;
    dispatch(noticeAdded({ tone: 'calm', text: `“${added.data.addAddress.title}” is being fetched.` }));
    onClose();
  };
  return (
    <form
      className={css.form}
      aria-labelledby={`${id}-title`}
      onSubmit={(event) => void submit(event)}
      noValidate
    >
      <h2 id={`${id}-title`}>Add a web address</h2>
      <p className={css.hint} id={`${id}-hint`}>
        A page or a file that anybody can open; of a sitemap or a list of addresses, every page is added.
      </p>
      <label className={css.wide}>
        Address
        <Line
          type="url"
          inputMode="url"
          placeholder="https://example.org/handbook"
          aria-describedby={`${id}-hint`}
          value={url}
          autoFocus
          onText={setUrl}
        />
      </label>
      <label>
        Title, if it should have another one
        <Line type="text" maxLength={200} value={title} onText={setTitle} />
      </label>
      <RefreshChoice hours={hours} onChange={setHours} />
      {error !== undefined && (
        <div className={css.wide}>
          <ProblemNote error={error} />
        </div>
      )}
      <div className={css.actions}>
        <Button look="quiet" onClick={onClose}>
          Cancel
        </Button>
        <Button look="main" type="submit" disabled={isLoading || url.trim() === ''}>
          Add address
        </Button>
      </div>
    </form>
  );
}

interface LineProps extends ComponentProps<'input'> {
  onText: (text: string) => void;
}

function Line({ onText, ...rest }: LineProps) {
  return (
    <input
      autoComplete="off"
      onChange={({ target }) => {
        onText(target.value);
      }}
      {...rest}
    />
  );
}
