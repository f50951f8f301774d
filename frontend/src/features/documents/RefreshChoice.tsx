import { refreshChoices } from './kinds';
import css from './RefreshChoice.module.css';

interface RefreshChoiceProps {
  hours: number | null;
  onChange: (hours: number | null) => void;
  isDisabled?: boolean;
}

/** How often a page is looked at again; a rhythm that somebody else set is offered too. */
export function RefreshChoice({ hours, onChange, isDisabled = false }: RefreshChoiceProps) {
  const isUsual = refreshChoices.some(([choice]) => choice === hours);
  return (
    <label className={css.label}>
      Check again
      <select
        className={css.select}
        disabled={isDisabled}
        value={hours ?? ''}
        onChange={({ target }) => {
          onChange(target.value === '' ? null : Number(target.value));
        }}
      >
        {refreshChoices.map(([choice, words]) => (
          <option key={words} value={choice ?? ''}>
            {words}
          </option>
        ))}
        {!isUsual && <option value={hours ?? ''}>Every {hours} hours</option>}
      </select>
    </label>
  );
}
