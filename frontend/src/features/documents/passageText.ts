/** What an answer rests on: a passage, and the words in it where they are known. */
export interface Cited {
  ordinal: number;
  quote: string | null;
}

interface Text {
  text: string;
  headingPath: string[];
}

/** Drop the headings that a passage's text repeats at its start: they are shown above it. */
export function withoutHeadings({ text, headingPath }: Text, title: string): string {
  const headings = new Set([title, ...headingPath].map((heading) => heading.trim()));
  const lines = text.split('\n');
  const start = lines.findIndex(
    (line) => line.trim() !== '' && !headings.has(line.replace(/^#+/, '').trim()),
  );
  return start === -1 ? text : lines.slice(start).join('\n');
}

/** Split a text around a quote from it; without the quote the whole text comes first. */
export function splitAround(
  text: string,
  quote: string | null,
): [before: string, quoted: string, after: string] {
  const start = quote === null ? -1 : text.indexOf(quote);
  if (quote === null || quote === '' || start === -1) return [text, '', ''];
  const end = start + quote.length;
  return [text.slice(0, start), text.slice(start, end), text.slice(end)];
}
