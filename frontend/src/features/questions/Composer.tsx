import type { KeyboardEvent, SyntheticEvent } from 'react';
import { useEffect, useRef, useState } from 'react';

import { Icon } from '../../components/Icon';
import { ProblemNote } from '../../components/ProblemNote';
import css from './Composer.module.css';

interface ComposerProps {
  /** Resolves to true when the question was taken; the box then empties. */
  onAsk: (text: string) => Promise<boolean>;
  isAsking: boolean;
  /** Whether the page is there to ask, rather than to read an answer. */
  isMainThing: boolean;
  /** Whether the next question continues a conversation. */
  isFollowUp: boolean;
  error: unknown;
}

export function Composer({ onAsk, isAsking, isMainThing, isFollowUp, error }: ComposerProps) {
  const [text, setText] = useState('');
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (isMainThing) box.current?.focus();
  }, [isMainThing]);
  const question = text.trim();
  const send = async () => {
    if (question === '' || isAsking) return;
    if (await onAsk(question)) setText('');
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void send();
  };
  const sendOnEnter = (event: KeyboardEvent) => {
    // While an input method composes a word, Enter belongs to it.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    submit(event);
  };
  return (
    <form className={css.composer} onSubmit={submit}>
      <label htmlFor="question" className="visually-hidden">
        Your question
      </label>
      <div className={css.box}>
        <textarea
          ref={box}
          id="question"
          rows={2}
          placeholder={isFollowUp ? 'Ask a follow-up' : 'Ask the library anything'}
          aria-describedby="question-hint"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
          }}
          onKeyDown={sendOnEnter}
        />
        <button type="submit" className={css.send} disabled={question === '' || isAsking} aria-label="Ask">
          <Icon name="send" size={22} />
        </button>
      </div>
      <p id="question-hint" className={css.hint}>
        Enter sends; Shift and Enter start a new line.
      </p>
      {error != null && <ProblemNote error={error} />}
    </form>
  );
}
