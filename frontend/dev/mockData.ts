export interface MockDocument {
  id: string;
  title: string;
  sourceName: string;
  sourceUrl: string | null;
  origin: string;
  language: string | null;
  versionNumber: number;
  status: string;
  statusReason: string | null;
  progress: { stage: string; done: number; total: number; percent: number };
  pages: number | null;
  passageCount: number;
  sizeBytes: number;
  mediaType: string;
  searchable: boolean;
  currentVersionNumber: number | null;
  probeRank: number | null;
  refreshHours: number | null;
  checkedAt: string | null;
  nextRefreshAt: string | null;
  tags: string[];
  listedBy: string | null;
  createdAt: string;
  updatedAt: string;
  startedAt: number | null;
}

export interface MockQuestion {
  id: string;
  text: string;
  origin: string;
  status: string;
  stage: string;
  place: number | null;
  partial: string | null;
  isStopped: boolean;
  isOwn: boolean;
  conversation: string | null;
  answer: string | null;
  answerKind: string | null;
  fallback: string | null;
  isCached: boolean;
  failureReason: string | null;
  citations: {
    number: number;
    title: string;
    location: string;
    url: string;
    quote: string;
    documentId: string | null;
  }[];
  timings: { stage: string; milliseconds: number }[];
  askedAt: string;
  answeredAt: string | null;
  startedAt: number | null;
}

function ago(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString();
}

const names: [string, string, number | null, number, number][] = [
  ['Community rules', 'rules.md', null, 24, 9_120],
  ['Greenhouse handbook', 'greenhouse-handbook.pdf', 84, 412, 3_940_000],
  ['Onboarding for new members', 'onboarding.md', null, 31, 14_800],
  ['Seed library: borrowing and returning', 'seed-library.md', null, 18, 7_410],
  ['Minutes of the spring meeting', 'minutes-2026-03-14.txt', null, 46, 21_300],
  ['Tool shed inventory and safety', 'tool-shed.pdf', 22, 97, 1_120_000],
  ['Composting for beginners', 'composting.md', null, 52, 26_700],
  ['Grant application 2026', 'grant-2026-final_v7.pdf', 36, 164, 2_480_000],
  ['Watering rota', 'watering-rota.txt', null, 6, 1_950],
  ['Bee keeping: the first year', 'bees.pdf', 118, 603, 6_310_000],
  ['How we decide things', 'governance.md', null, 27, 11_900],
  ['Accessibility of the garden', 'accessibility.md', null, 15, 5_600],
];

const mediaTypes: Record<string, string> = {
  md: 'text/markdown',
  txt: 'text/plain',
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
};

function document(id: string, change: Partial<MockDocument>): MockDocument {
  const base = {
    id,
    origin: 'upload',
    status: 'READY',
    statusReason: null,
    mediaType: mediaTypes[change.sourceName?.split('.').at(-1) ?? ''] ?? 'text/html',
    searchable: true,
    sourceUrl: null,
    language: 'en',
    versionNumber: 1,
    currentVersionNumber: change.searchable === false ? null : (change.versionNumber ?? 1),
    probeRank: change.searchable === false ? null : 1,
    refreshHours: null,
    checkedAt: null,
    nextRefreshAt: null,
    tags: [],
    listedBy: null,
  };
  const progress = { stage: 'ready', done: 1, total: 1, percent: 100 };
  const times = { createdAt: ago(9_000), updatedAt: ago(2_000), startedAt: null };
  return {
    title: '',
    sourceName: '',
    pages: null,
    passageCount: 0,
    sizeBytes: 1_000,
    progress,
    ...base,
    ...times,
    ...change,
  };
}

/** A settled library; `isBusy` puts documents of every state on top. */
export function sampleDocuments(isBusy: boolean): MockDocument[] {
  const ready = [...names, ...names, ...names].map(
    ([title, sourceName, pages, passageCount, sizeBytes], index) => {
      const copy = Math.floor(index / names.length);
      const ending = copy === 0 ? '' : ` (${String(2026 - copy)})`;
      const change = {
        title: title + ending,
        sourceName,
        pages,
        passageCount,
        sizeBytes,
        updatedAt: ago(60 * 9 * (index + 1)),
      };
      return document(`d${String(index + 1)}`, { ...change, origin: index % 3 === 1 ? 'discord' : 'upload' });
    },
  );
  const failed = document('d90', {
    title: 'Old map of the plots',
    sourceName: 'plots-scan.pdf',
    status: 'FAILED',
    statusReason: 'The file holds pictures of pages and no text. Send a version with text in it.',
    pages: 4,
    sizeBytes: 8_100_000,
    searchable: false,
    updatedAt: ago(42),
  });
  return isBusy
    ? [...busyDocuments(), failed, ...webDocuments(), ...ready]
    : [...ready.slice(0, 2), failed, ...webDocuments(), ...ready.slice(2)];
}

export function webDocument(id: string, url: string, change: Partial<MockDocument> = {}): MockDocument {
  const address = { title: url, sourceName: url, sourceUrl: url, origin: 'url' };
  return document(id, { ...address, checkedAt: ago(130), sizeBytes: 48_200, ...change });
}

function webDocuments(): MockDocument[] {
  const site = 'https://garden.example.org';
  const pages = ['Opening hours', 'How to become a member', 'Gartenordnung'].map((title, index) =>
    webDocument(`d8${String(index + 1)}`, `${site}/page-${String(index + 1)}`, {
      title,
      passageCount: 12 + index,
      language: index === 2 ? 'de' : 'en',
      listedBy: 'd80',
      versionNumber: 3,
    }),
  );
  const sitemap = webDocument('d80', `${site}/sitemap.xml`, {
    title: 'garden.example.org/sitemap.xml',
    mediaType: 'application/sitemap+xml',
    statusReason: 'Lists 3 pages; each is a document of its own.',
    language: null,
    probeRank: null,
    refreshHours: 24,
    nextRefreshAt: ago(-22 * 60),
  });
  return [sitemap, ...pages];
}

function busyDocuments(): MockDocument[] {
  const progress = (stage: string, done: number, total: number, percent: number) => ({
    stage,
    done,
    total,
    percent,
  });
  const busy = { status: 'PROCESSING', searchable: false, updatedAt: ago(0) };
  return [
    document('d91', {
      ...busy,
      title: 'Winter plan',
      sourceName: 'winter-plan.md',
      status: 'RECEIVED',
      progress: progress('received', 0, 0, 0),
    }),
    document('d92', {
      ...busy,
      title: 'Soil survey',
      sourceName: 'soil-survey.pdf',
      pages: 48,
      sizeBytes: 5_200_000,
      progress: progress('parsing', 17, 48, 22),
    }),
    document('d93', {
      ...busy,
      title: 'Community rules',
      sourceName: 'rules-new.md',
      searchable: true,
      progress: progress('embedding', 96, 140, 74),
    }),
    document('d94', {
      ...busy,
      title: 'A very long report on the state of the irrigation system, with appendices',
      sourceName: 'IRRIGATION_REPORT_2026_final_FINAL_with_appendices_and_photos.docx',
      status: 'DEAD',
      statusReason: 'The reader ran out of memory five times. Split the file and send the parts.',
    }),
  ];
}

export const citedDocuments = { rules: 'd1', handbook: 'd2', seeds: 'd4' };

const citations = [
  {
    number: 1,
    title: 'Seed library: borrowing and returning',
    location: 'seed-library.md › Borrowing › How much',
    url: `http://localhost:8080/documents/${citedDocuments.seeds}?passage=4`,
    quote:
      'Each household may borrow up to five packets per season. Rare varieties, marked with a red dot, are lent one packet at a time.',
    documentId: citedDocuments.seeds,
  },
  {
    number: 2,
    title: 'Greenhouse handbook',
    location: 'greenhouse-handbook.pdf › page 31',
    url: `http://localhost:8080/documents/${citedDocuments.handbook}?passage=121`,
    quote:
      'Return at least as many seeds as you took, dried for two weeks and labelled with the variety, the year and your plot number.',
    documentId: citedDocuments.handbook,
  },
  {
    number: 3,
    title: 'Saving tomato seed at home',
    location: 'Fermentation',
    url: 'https://seeds.example.org/tomato#fermentation',
    quote: 'Let the pulp ferment for two to three days, stirring daily, before rinsing and drying.',
    documentId: null,
  },
];

const modelAnswer = `Each household may borrow **up to five packets** per season; rare varieties with a red dot are lent one at a time. [1]

To give seeds back:

1. Dry them for two weeks. [2]
2. Label them with \`variety\`, \`year\` and your plot number. [2]
3. Return at least as many as you took. [1, 2]

Tomato seeds need fermenting for two to three days first. [3]`;

const extractiveAnswer = `> Each household may borrow up to five packets per season. Rare varieties, marked with a red dot, are lent one packet at a time. [1]

> Return at least as many seeds as you took, dried for two weeks and labelled with the variety, the year and your plot number. [2]`;

const refusal =
  'The documents of this server do not say anything about this. The nearest are “Community rules” and “How we decide things”; a moderator can add a document that answers it.';

/** An answer of a kind that the question's words choose. */
export function answerTo(text: string): Omit<MockQuestion, 'id'> {
  const base = {
    text,
    origin: 'discord',
    status: 'ANSWERED',
    stage: 'ENDED',
    place: null,
    partial: null,
    isStopped: false,
    isOwn: true,
    conversation: null,
    fallback: null as string | null,
    isCached: /again/i.test(text),
    answer: modelAnswer as string | null,
    answerKind: 'MODEL' as string | null,
    failureReason: null as string | null,
    citations,
    timings: [
      { stage: 'search', milliseconds: 38.2 },
      { stage: 'search.embed', milliseconds: 9.1 },
      { stage: 'search.dense', milliseconds: 6.4 },
      { stage: 'search.lexical', milliseconds: 11.8 },
      { stage: 'queue', milliseconds: 640 },
      { stage: 'first_token', milliseconds: 2_480 },
      { stage: 'writing', milliseconds: 5_212 },
      { stage: 'checking', milliseconds: 84 },
      { stage: 'total', milliseconds: 8_460 },
    ],
    askedAt: ago(0),
    answeredAt: new Date(Date.now() + 1_300).toISOString(),
    startedAt: null,
  };
  if (/parrot|alien/i.test(text))
    return {
      ...base,
      status: 'REFUSED',
      answer: refusal,
      answerKind: null,
      citations: citations.slice(0, 2),
    };
  if (/crash|fail/i.test(text)) {
    return {
      ...base,
      status: 'FAILED',
      answer: null,
      answerKind: null,
      citations: [],
      failureReason: 'The answer could not be finished after five tries. Ask again in a moment.',
    };
  }
  if (/quote|return/i.test(text))
    return {
      ...base,
      answer: extractiveAnswer,
      answerKind: 'EXTRACTIVE',
      fallback: 'UNSUPPORTED',
      citations: citations.slice(0, 2),
    };
  return base;
}

export const record = {
  model: 'llama3.2',
  evidence: 0.62,
  gate: 'BALANCED',
  leastEvidence: 0.3,
  leftOut: 2,
  turns: ['Who lends seeds?'],
  rewritten: 'How many seed packets may a household borrow at once?',
  promptVersion: '3',
  promptTokens: 1_204,
  writtenTokens: 131,
  doneReason: 'stop',
  checkedSentences: 6,
  supportedSentences: 5,
  fallback: null,
  cachedFrom: null,
  passages: citations.map(({ title, location, documentId }, index) => ({
    title,
    location,
    documentId,
    score: 0.91 - index * 0.17,
    used: index < 2,
  })),
};

export const answerSettings = {
  gate: 'BALANCED',
  unsupported: 'DROP',
  instructions: 'Answer in the language of the question, in at most five sentences.',
  cachesAnswers: false,
  rewritesQuestions: true,
};

const asked: [string, string][] = [
  ['How many seed packets may I borrow at once?', 'discord'],
  ['Can I keep a parrot in the greenhouse?', 'discord'],
  ['When do I have to return borrowed seeds?', 'dashboard'],
  ['Who has the key to the tool shed on weekends, and what do I do if nobody answers the phone?', 'discord'],
  ['How do I crash the watering rota?', 'cli'],
  ['What do we do with diseased compost?', 'discord'],
  ['How are decisions made when nobody agrees?', 'discord'],
  ['Wie oft muss ich die Tomaten gießen?', 'discord'],
  ['堆肥需要多长时间?', 'discord'],
];

export function sampleQuestions(): MockQuestion[] {
  return [...asked, ...asked].map(([text, origin], index) => {
    const minutes = 4 + index * index * 37;
    const answeredAt = new Date(Date.parse(ago(minutes)) + 1_300).toISOString();
    return { ...answerTo(text), id: `q${String(index + 1)}`, origin, askedAt: ago(minutes), answeredAt };
  });
}

const paragraphs = [
  'Each household may borrow up to five packets per season. Rare varieties, marked with a red dot, are lent one packet at a time.',
  'Dry the seeds for two weeks in a place with moving air, out of the sun. A paper plate under a slatted shelf does well; a plastic bag does not, for the seeds rot in it.',
  'Label every packet with the variety, the year and your plot number. A packet without a label goes to the chickens.\n\n- variety\n- year\n- plot number',
  'The seed library is open on Saturdays from ten to one. If you cannot come, leave the packets in the green box by the door and write your name in the book.',
];

export function passages(count: number) {
  return Array.from({ length: count }, (_, ordinal) => ({
    ordinal,
    text: paragraphs[ordinal % paragraphs.length],
    headingPath: ['Borrowing', ordinal % 8 < 4 ? 'How much' : 'Giving back'],
    page: Math.floor(ordinal / 4) + 1,
  }));
}
