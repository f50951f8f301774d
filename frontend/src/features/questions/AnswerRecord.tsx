import { Link } from 'react-router';

import { ProblemNote } from '../../components/ProblemNote';
import { formatAmount, formatCount } from '../../lib/format';
import { useGuild } from '../../lib/guild';
import css from './AnswerRecord.module.css';
import type { RecordQuery } from './questions.generated';
import { useRecordQuery } from './questionsApi';

type Told = NonNullable<RecordQuery['guild']['question']>['record'];

const gateWords = { STRICT: 'strict', BALANCED: 'balanced', EAGER: 'eager' };
const fallbackWords = {
  NO_MODEL: 'No language model was at hand.',
  UNAVAILABLE: 'The language model did not answer in time.',
  UNSUPPORTED: 'Too little of what the model wrote was supported.',
  STOPPED: 'Somebody stopped it.',
  TOO_LONG: 'The model had no room or no time for it.',
};

/** How an answer came about, for moderators. */
export function AnswerRecord({ questionId }: { questionId: string }) {
  const guildId = useGuild().id;
  const { data, error } = useRecordQuery({ guildId, questionId });
  if (error) return <ProblemNote error={error} />;
  const record = data?.guild.question?.record;
  if (!record) return <p>Reading the record…</p>;
  return (
    <>
      <dl className={css.facts}>
        {facts(record).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {record.cachedFrom !== null && (
          <div>
            <dt>Given before to</dt>
            <dd>
              <Link to={`/questions/${record.cachedFrom}`}>this question</Link>
            </dd>
          </div>
        )}
      </dl>
      {record.passages.length > 0 && <Passages record={record} />}
    </>
  );
}

function facts(record: Told): [string, string][] {
  const { evidence, leastEvidence, gate, fallback } = record;
  const limit = leastEvidence === null ? '' : ` of at least ${leastEvidence.toFixed(2)}`;
  const mode = gate === null ? '' : ` (${gateWords[gate]})`;
  const known: [string, string | null][] = [
    ['Evidence', evidence === null ? null : `${evidence.toFixed(2)}${limit}${mode}`],
    ['Heard before', record.turns.length > 0 ? record.turns.map((turn) => `“${turn}”`).join(', ') : null],
    ['Looked up as', record.rewritten],
    ['Model', record.model],
    ['Prompt', sayPrompt(record)],
    ['Written', sayWritten(record)],
    ['Checked', sayChecked(record)],
    ['Instead of the model’s text', fallback === null ? null : fallbackWords[fallback]],
  ];
  return known.filter((fact): fact is [string, string] => fact[1] !== null);
}

function sayPrompt({ promptVersion, promptTokens }: Told): string | null {
  const version = promptVersion === null ? [] : [`version ${promptVersion}`];
  const tokens = promptTokens === null ? [] : [formatAmount(promptTokens, 'token')];
  return [...version, ...tokens].join(', ') || null;
}

function sayWritten({ writtenTokens, doneReason }: Told): string | null {
  if (writtenTokens === null) return null;
  const end = doneReason === null ? '' : `, ended by “${doneReason}”`;
  return formatAmount(writtenTokens, 'token') + end;
}

function sayChecked({ checkedSentences, supportedSentences }: Told): string | null {
  if (checkedSentences === null) return null;
  return `${formatCount(supportedSentences ?? 0)} of ${formatAmount(checkedSentences, 'sentence')} supported`;
}

function Passages({ record: { passages, leftOut } }: { record: Told }) {
  return (
    <section className={css.passages} aria-label="Passages found">
      <h3>Passages found</h3>
      <ol role="list">
        {passages.map(({ title, location, score, used, documentId }, index) => (
          <li key={index} className={used ? css.used : css.unused}>
            <span className={css.score}>{score?.toFixed(2) ?? '–'}</span>
            <span className={css.place}>
              {documentId === null ? title : <Link to={`/documents/${documentId}`}>{title}</Link>}
              {location && <span className={css.location}>{location}</span>}
            </span>
            <span className={css.use}>{used ? 'used' : 'not used'}</span>
          </li>
        ))}
      </ol>
      {leftOut !== null && leftOut > 0 && <p>{formatAmount(leftOut, 'passage')} had no room.</p>}
    </section>
  );
}
