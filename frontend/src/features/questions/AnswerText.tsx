import type { ReactNode } from 'react';
import { Fragment, memo } from 'react';

import type { Block, Span } from './answerMarkup';
import { readBlocks } from './answerMarkup';
import css from './AnswerText.module.css';

interface AnswerTextProps {
  text: string;
  /** Draws the mark of a citation; null where the answer has no citation of that number. */
  renderCitation: (number: number) => ReactNode;
}

export const AnswerText = memo(function AnswerText({ text, renderCitation }: AnswerTextProps) {
  const spans = (list: Span[]) =>
    list.map((span, index) => <SpanText key={index} span={span} renderCitation={renderCitation} />);
  return (
    <div className={css.answer}>
      {readBlocks(text).map((block, index) => (
        <BlockText key={index} block={block} spans={spans} />
      ))}
    </div>
  );
});

function BlockText({ block, spans }: { block: Block; spans: (list: Span[]) => ReactNode }) {
  switch (block.kind) {
    case 'paragraph':
      return <p>{spans(block.spans)}</p>;
    case 'heading':
      return <p className={css.heading}>{spans(block.spans)}</p>;
    case 'quote':
      return <blockquote>{spans(block.spans)}</blockquote>;
    case 'code':
      return (
        <pre tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      );
    case 'list': {
      const List = block.isOrdered ? 'ol' : 'ul';
      return (
        <List>
          {block.items.map((item, index) => (
            <li key={index}>{spans(item)}</li>
          ))}
        </List>
      );
    }
  }
}

function SpanText({
  span,
  renderCitation,
}: {
  span: Span;
  renderCitation: AnswerTextProps['renderCitation'];
}): ReactNode {
  switch (span.kind) {
    case 'text':
      return span.text;
    case 'code':
      return <code>{span.text}</code>;
    case 'citation':
      return renderCitation(span.number) ?? `[${String(span.number)}]`;
    case 'strong':
    case 'emphasis': {
      const Tag = span.kind === 'strong' ? 'strong' : 'em';
      return (
        <Tag>
          {span.spans.map((inner, index) => (
            <Fragment key={index}>
              <SpanText span={inner} renderCitation={renderCitation} />
            </Fragment>
          ))}
        </Tag>
      );
    }
  }
}
