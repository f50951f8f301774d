import { Icon } from '../../components/Icon';
import css from './SearchBox.module.css';

interface SearchBoxProps {
  value: string;
  onChange: (value: string) => void;
}

export function SearchBox({ value, onChange }: SearchBoxProps) {
  return (
    <div role="search" className={css.search}>
      <Icon name="search" />
      <input
        type="search"
        placeholder="Find by title or file name"
        aria-label="Find documents by title or file name"
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      />
    </div>
  );
}
