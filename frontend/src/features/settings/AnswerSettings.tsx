import { useGuild } from '../../lib/guild';
import css from './AnswerSettings.module.css';
import { Instructions } from './Instructions';
import type { FullSettingsFragment, SetAnswerSettingsMutationVariables } from './settings.generated';
import { useSetAnswerSettingsMutation } from './settingsApi';
import { gates, unsupportedChoices } from './words';

type Change = Omit<SetAnswerSettingsMutationVariables, 'guildId'>;

/** Each choice is kept as it is made; the instructions when they are finished. */
export function AnswerSettings({ settings }: { settings: FullSettingsFragment }) {
  const guildId = useGuild().id;
  const [setSettings, { isLoading, isSuccess }] = useSetAnswerSettingsMutation();
  const change = async (wanted: Change) => {
    const { error } = await setSettings({ guildId, ...wanted });
    return error === undefined;
  };
  return (
    <div className={css.page}>
      <header className={css.head}>
        <h1>Answer settings</h1>
        <p role="status">{isLoading ? 'Saving…' : isSuccess ? 'Saved' : ''}</p>
      </header>
      <Choice
        legend="When to answer"
        name="gate"
        choices={gates}
        value={settings.gate}
        onChange={(gate) => void change({ gate })}
      />
      <Choice
        legend="Sentences that no passage supports"
        name="unsupported"
        choices={unsupportedChoices}
        value={settings.unsupported}
        onChange={(unsupported) => void change({ unsupported })}
      />
      <Instructions
        kept={settings.instructions}
        isSaving={isLoading}
        onSave={(instructions) => change({ instructions })}
      />
      <fieldset className={css.choice}>
        <legend>Short cuts and helpers</legend>
        <Switch
          label="Give the same answer again"
          help="The same question is answered at once, and marked, as long as no document changes. Nothing is shared with other servers."
          isOn={settings.cachesAnswers}
          onChange={(cachesAnswers) => void change({ cachesAnswers })}
        />
        <Switch
          label="Complete follow-ups"
          help="The language model writes a follow-up out in full before it is looked up. It finds more, and each follow-up waits for the model once more."
          isOn={settings.rewritesQuestions}
          onChange={(rewritesQuestions) => void change({ rewritesQuestions })}
        />
      </fieldset>
    </div>
  );
}

interface ChoiceProps<Value extends string> {
  legend: string;
  name: string;
  choices: readonly { value: Value; label: string; help: string }[];
  value: Value;
  onChange: (value: Value) => void;
}

function Choice<Value extends string>({ legend, name, choices, value, onChange }: ChoiceProps<Value>) {
  return (
    <fieldset className={css.choice}>
      <legend>{legend}</legend>
      {choices.map((choice) => (
        <label key={choice.value} className={css.option}>
          <input
            type="radio"
            name={name}
            checked={choice.value === value}
            onChange={() => {
              onChange(choice.value);
            }}
          />
          <span>
            <b>{choice.label}</b>
            <span className={css.help}>{choice.help}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

interface SwitchProps {
  label: string;
  help: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

function Switch({ label, help, isOn, onChange }: SwitchProps) {
  return (
    <label className={css.option}>
      <input
        type="checkbox"
        checked={isOn}
        onChange={({ target }) => {
          onChange(target.checked);
        }}
      />
      <span>
        <b>{label}</b>
        <span className={css.help}>{help}</span>
      </span>
    </label>
  );
}
