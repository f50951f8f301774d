/**
 * Answers are hostile text: a document may try to speak through them. So this reads only the little
 * markup an answer needs, and there is no way to write a link, an image or HTML: they stay text.
 */
export type Span =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'strong' | 'emphasis'; spans: Span[] }
  | { kind: 'citation'; number: number };

export type Block =
  | { kind: 'paragraph' | 'heading' | 'quote'; spans: Span[] }
  | { kind: 'list'; isOrdered: boolean; items: Span[][] }
  | { kind: 'code'; text: string };

const fence = /^\s*(`{3,}|~{3,})/;
const bullet = /^\s*(?:[-*+•]|(\d{1,3})[.)])\s+(.*)$/;
const heading = /^#{1,6}\s+(.*)$/;
const quote = /^\s*>\s?(.*)$/;

/** Split an answer into blocks, line by line. */
export function readBlocks(text: string): Block[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const blocks: Block[] = [];
  while (lines.length > 0) {
    const block = takeBlock(lines);
    if (block) blocks.push(block);
  }
  return blocks;
}

function takeBlock(lines: string[]): Block | null {
  const line = lines[0] ?? '';
  const opening = fence.exec(line)?.[1];
  if (opening !== undefined) return takeCode(lines, opening);
  if (bullet.test(line)) return takeList(lines);
  if (quote.test(line)) return { kind: 'quote', spans: readSpans(takeWhile(lines, quote).join('\n')) };
  lines.shift();
  const title = heading.exec(line)?.[1];
  if (title !== undefined) return { kind: 'heading', spans: readSpans(title) };
  if (line.trim() === '') return null;
  const rest = takeUntil(lines, (next) => next.trim() === '' || startsBlock(next));
  return { kind: 'paragraph', spans: readSpans([line, ...rest].join('\n')) };
}

function startsBlock(line: string): boolean {
  return [fence, bullet, heading, quote].some((pattern) => pattern.test(line));
}

function takeUntil(lines: string[], isEnd: (line: string) => boolean): string[] {
  const end = lines.findIndex(isEnd);
  return lines.splice(0, end === -1 ? lines.length : end);
}

function takeWhile(lines: string[], pattern: RegExp): string[] {
  return takeUntil(lines, (line) => !pattern.test(line)).map((line) => pattern.exec(line)?.at(-1) ?? '');
}

function takeCode(lines: string[], opening: string): Block {
  lines.shift();
  const body = takeUntil(lines, (line) => line.trim().startsWith(opening));
  lines.shift();
  return { kind: 'code', text: body.join('\n') };
}

function takeList(lines: string[]): Block {
  const isOrdered = bullet.exec(lines[0] ?? '')?.[1] !== undefined;
  const items = takeWhile(lines, bullet).map(readSpans);
  return { kind: 'list', isOrdered, items };
}

const marks =
  /\\([\\`*_[\]#>~|-])|`([^`\n]+)`|\*\*([^*\n]+)\*\*|\*([^*\s][^*\n]*)\*|\[(\d{1,3}(?:, ?\d{1,3})*)\]/g;

/** Find the marks within a line of text; what is no mark is text. */
export function readSpans(text: string): Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (const match of text.matchAll(marks)) {
    if (match.index > end) spans.push({ kind: 'text', text: text.slice(end, match.index) });
    spans.push(...readMark(match));
    end = match.index + match[0].length;
  }
  if (end < text.length) spans.push({ kind: 'text', text: text.slice(end) });
  return spans;
}

function readMark([, escaped, code, strong, emphasis, numbers = '']: RegExpMatchArray): Span[] {
  if (escaped !== undefined) return [{ kind: 'text', text: escaped }];
  if (code !== undefined) return [{ kind: 'code', text: code }];
  if (strong !== undefined) return [{ kind: 'strong', spans: readSpans(strong) }];
  if (emphasis !== undefined) return [{ kind: 'emphasis', spans: readSpans(emphasis) }];
  return numbers.split(',').map((number) => ({ kind: 'citation', number: Number(number) }));
}
