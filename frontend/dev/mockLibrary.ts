import type { MockDocument, MockQuestion } from './mockData.ts';
import {
  answerSettings,
  answerTo,
  passages,
  record,
  sampleDocuments,
  sampleQuestions,
  webDocument,
} from './mockData.ts';

interface Variables {
  guildId?: string;
  documentId?: string;
  questionId?: string;
  text?: string;
  conversation?: string;
  search?: string | null;
  first?: number;
  after?: string | number | null;
  listedBy?: string | null;
  grouped?: boolean;
  url?: string;
  title?: string | null;
  refreshHours?: number | null;
  hours?: number | null;
}

class MockError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const guilds = [
  { id: '1001', name: 'Moss & Lantern', role: 'ADMINISTRATOR' },
  { id: '1002', name: 'The Rust Belt Makers’ Guild', role: 'MEMBER' },
];

/** Documents and questions that move on by the clock, as the real ones do. */
export class MockLibrary {
  private documents: MockDocument[];
  private questions: MockQuestion[];
  private isSignedIn: boolean;
  private settings = { ...answerSettings };

  private readonly scenario: string;

  constructor(scenario: string) {
    this.scenario = scenario;
    const isEmpty = scenario === 'empty';
    this.documents = isEmpty ? [] : sampleDocuments(scenario === 'busy');
    this.questions = isEmpty ? [] : sampleQuestions();
    this.isSignedIn = scenario !== 'signed-out';
  }

  private readonly changes: Partial<Record<string, (variables: Variables) => unknown>> = {
    Ask: ({ text, conversation }) => this.ask(text ?? '', conversation ?? null),
    StopQuestion: ({ questionId }) => this.stop(questionId),
    ForgetConversation: ({ conversation }) => this.forget(conversation),
    SetAnswerSettings: (wanted) => Object.assign(this.settings, wanted),
    RetryDocument: ({ documentId }) => this.retry(documentId),
    DeleteDocument: ({ documentId }) => this.remove(documentId),
    RetryFailedDocuments: () => this.retryAll(),
    AddAddress: (variables) => this.addAddress(variables),
    SetRefresh: (variables) => this.setRefresh(variables),
  };

  signIn() {
    this.isSignedIn = true;
    return this.viewer();
  }

  signOut(): boolean {
    this.isSignedIn = false;
    return true;
  }

  answer(operation: string, variables: Variables): unknown {
    if (!this.isSignedIn)
      throw new MockError('unauthenticated', 'You are not signed in. Sign in and try again.');
    if (this.scenario === 'broken' && operation !== 'Viewer') {
      throw new MockError('unavailable', 'A service this depends on does not answer. Try again in a moment.');
    }
    this.moveOn();
    if (operation === 'Viewer') return { viewer: this.viewer() };
    const change = this.changes[operation];
    if (change) return { [operation.charAt(0).toLowerCase() + operation.slice(1)]: change(variables) };
    return { guild: this.guild(operation, variables) };
  }

  /** One question as it stands now: what its stream tells. */
  watch(id: string): MockQuestion | undefined {
    this.moveOn();
    return this.questions.find((question) => question.id === id);
  }

  upload(name: string, sizeBytes: number, replaces: string | null) {
    const old = this.documents.find(({ id }) => id === replaces);
    if (old) {
      const progress = { stage: 'received', done: 0, total: 0, percent: 0 };
      Object.assign(old, {
        status: 'RECEIVED',
        sourceName: name,
        sizeBytes,
        progress,
        startedAt: Date.now(),
      });
      old.versionNumber += 1;
      return { status: 202, json: { documentId: old.id, title: old.title, status: 'received' } };
    }
    const known = this.documents.find(
      (document) => document.sourceName === name && document.sizeBytes === sizeBytes,
    );
    if (known) return { status: 200, json: { documentId: known.id, title: known.title, status: 'ready' } };
    const now = new Date().toISOString();
    const document: MockDocument = {
      id: `d-${String(Date.now())}-${String(this.documents.length)}`,
      title: name.replace(/\.\w+$/, ''),
      sourceName: name,
      sourceUrl: null,
      origin: 'upload',
      language: null,
      versionNumber: 1,
      status: 'RECEIVED',
      statusReason: null,
      progress: { stage: 'received', done: 0, total: 0, percent: 0 },
      pages: name.endsWith('.pdf') ? 12 : null,
      passageCount: 0,
      sizeBytes,
      mediaType: 'text/plain',
      searchable: false,
      currentVersionNumber: null,
      probeRank: null,
      refreshHours: null,
      checkedAt: null,
      nextRefreshAt: null,
      tags: [],
      listedBy: null,
      createdAt: now,
      updatedAt: now,
      startedAt: Date.now(),
    };
    this.documents = [document, ...this.documents];
    return { status: 202, json: { documentId: document.id, title: document.title, status: 'received' } };
  }

  private viewer() {
    return { id: '7', name: 'Developer', guilds: this.scenario === 'member' ? guilds.slice(1) : guilds };
  }

  private guild(operation: string, variables: Variables) {
    return {
      id: variables.guildId,
      name: 'Moss & Lantern',
      statistics: this.statistics(),
      document: this.documents.find(({ id }) => id === variables.documentId) && this.opened(variables),
      question: this.question(variables.questionId),
      conversation: this.questions
        .filter(({ conversation }) => conversation === variables.conversation)
        .toReversed(),
      answerSettings: this.settings,
      documents: connection(this.found(variables), variables),
      questions: connection(
        this.questions,
        operation === 'Overview' ? { ...variables, first: 6 } : variables,
      ),
    };
  }

  private question(id: string | undefined) {
    const question = this.questions.find((one) => one.id === id);
    return question ? { ...question, record } : null;
  }

  private stop(id: string | undefined) {
    const question = this.questions.find((one) => one.id === id);
    if (question?.startedAt == null)
      throw new MockError('conflict', 'This answer has ended already, so there is nothing to stop.');
    return Object.assign(question, { isStopped: true });
  }

  private forget(name: string | undefined): number {
    const heard = this.questions.filter(({ conversation }) => conversation === name);
    for (const question of heard) question.conversation = null;
    return heard.length;
  }

  private found({ search, listedBy: lister, grouped }: Variables): MockDocument[] {
    const words = (search ?? '').toLowerCase();
    return this.documents.filter(
      ({ title, sourceName, listedBy, status }) =>
        (!lister || listedBy === lister) &&
        (!grouped || !listedBy || status === 'FAILED') &&
        `${title} ${sourceName}`.toLowerCase().includes(words),
    );
  }

  private opened({ documentId, first, after }: Variables) {
    const document = this.documents.find(({ id }) => id === documentId);
    const all = passages(document?.passageCount ?? 0);
    return {
      ...document,
      passages: all.filter(({ ordinal }) => ordinal > Number(after ?? -1)).slice(0, first ?? 100),
    };
  }

  private ask(text: string, conversation: string | null): MockQuestion {
    if (text.length > 500)
      throw new MockError(
        'invalid_request',
        'A question may have 500 characters at most. Shorten it and ask again.',
      );
    const question: MockQuestion = {
      ...answerTo(text),
      id: `q-${String(Date.now())}`,
      origin: 'dashboard',
      conversation,
      status: 'ASKED',
      stage: 'ASKED',
      startedAt: Date.now(),
    };
    this.questions = [question, ...this.questions];
    return question;
  }

  private retry(id: string | undefined) {
    const document = this.documents.find((one) => one.id === id);
    if (!document) throw new MockError('not_found', 'There is nothing here under that name or id.');
    Object.assign(document, { status: 'RECEIVED', statusReason: null, startedAt: Date.now() });
    return document;
  }

  private retryAll(): number {
    const failed = this.documents.filter(({ status }) => status === 'FAILED' || status === 'DEAD');
    for (const { id } of failed) this.retry(id);
    return failed.length;
  }

  private addAddress({ url = '', title, refreshHours = null }: Variables): MockDocument {
    if (!/^https?:\/\/[^/]/.test(url)) {
      throw new MockError(
        'invalid_request',
        'Only http and https addresses can be read. Write it as in https://example.org/handbook.',
      );
    }
    const known = this.documents.find(({ sourceUrl }) => sourceUrl === url);
    const document =
      known ?? webDocument(`d-${String(Date.now())}`, url, { title: title ?? url, searchable: false });
    Object.assign(document, { status: 'RECEIVED', refreshHours, checkedAt: null, startedAt: Date.now() });
    if (!known) this.documents = [document, ...this.documents];
    return document;
  }

  private setRefresh({ documentId, hours = null }: Variables) {
    const document = this.documents.find((one) => one.id === documentId);
    const next = hours === null ? null : new Date(Date.now() + hours * 3_600_000).toISOString();
    if (document) Object.assign(document, { refreshHours: hours, nextRefreshAt: next });
    return document;
  }

  private remove(id: string | undefined): boolean {
    this.documents = this.documents.filter((document) => document.id !== id);
    return true;
  }

  private moveOn(): void {
    for (const document of this.documents) moveDocument(document);
    for (const question of this.questions) moveQuestion(question);
  }

  private statistics() {
    const documentsAt = (...statuses: string[]) =>
      this.documents.filter(({ status }) => statuses.includes(status)).length;
    const questionsAt = (...statuses: string[]) =>
      this.questions.filter(({ status }) => statuses.includes(status)).length;
    const past = this.questions.length === 0 ? 0 : 1;
    return {
      documents: this.documents.length,
      readyDocuments: documentsAt('READY'),
      processingDocuments: documentsAt('RECEIVED', 'PROCESSING'),
      failedDocuments: documentsAt('FAILED', 'DEAD'),
      passages: this.documents.reduce((sum, { passageCount }) => sum + passageCount, 0),
      questions: this.questions.length + 142 * past,
      answered: questionsAt('ANSWERED') + 121 * past,
      refused: questionsAt('REFUSED') + 18 * past,
      failed: questionsAt('FAILED') + 3 * past,
      pending: questionsAt('ASKED', 'ANSWERING'),
      medianAnswerMilliseconds: past ? 1_380 : null,
      questionsPerDay: days(past),
    };
  }
}

function days(past: number) {
  const answered = [4, 7, 11, 9, 3, 0, 2, 12, 16, 14, 9, 6, 3, 18];
  return answered.map((count, index) => ({
    day: new Date(Date.now() - (13 - index) * 86_400_000).toISOString().slice(0, 10),
    answered: count * past,
    refused: ((index * 7) % 4) * past * Math.sign(count),
    failed: (index === 8 ? 2 : 0) * past,
  }));
}

function connection<Node>(all: Node[], { first, after }: Variables) {
  const start = Number(after ?? 0);
  const end = start + (first ?? 50);
  return {
    nodes: all.slice(start, end),
    totalCount: all.length,
    endCursor: String(end),
    hasNextPage: end < all.length,
  };
}

function moveDocument(document: MockDocument): void {
  const { startedAt, pages, status } = document;
  if (startedAt === null || (status !== 'RECEIVED' && status !== 'PROCESSING')) return;
  const seconds = (Date.now() - startedAt) / 1_000;
  const pageTotal = pages ?? 1;
  const shown = { pages: Math.min(pageTotal, Math.ceil(seconds)), passages: Math.round((seconds - 5) * 12) };
  if (seconds < 1) return;
  document.status = 'PROCESSING';
  if (seconds < 5) {
    document.progress = {
      stage: 'parsing',
      done: shown.pages,
      total: pageTotal,
      percent: Math.round(seconds * 6),
    };
  } else if (seconds < 10) {
    document.progress = {
      stage: 'embedding',
      done: shown.passages,
      total: 60,
      percent: 30 + Math.round((seconds - 5) * 14),
    };
  } else {
    const isBad = document.sourceName.includes('scan');
    const reason = 'The file holds pictures of pages and no text. Send a version with text in it.';
    Object.assign(
      document,
      isBad
        ? { status: 'FAILED', statusReason: reason }
        : {
            status: 'READY',
            passageCount: 60,
            searchable: true,
            currentVersionNumber: document.versionNumber,
            probeRank: 1,
            language: 'en',
          },
    );
    document.startedAt = null;
  }
}

/** When each stage of an answer begins, in seconds after the question. */
const stages: [number, string][] = [
  [0.4, 'SEARCHING'],
  [1, 'QUEUED'],
  [3, 'READING'],
  [5, 'WRITING'],
  [11, 'CHECKING'],
  [12, 'ENDED'],
];

function moveQuestion(question: MockQuestion): void {
  if (question.startedAt === null) return;
  const seconds = (Date.now() - question.startedAt) / 1_000;
  const end = answerTo(question.text);
  const stage = stages.findLast(([begin]) => seconds >= begin)?.[1] ?? 'ASKED';
  if (stage === 'ENDED' || question.isStopped) {
    const { status, answeredAt } = end;
    const fallback = question.isStopped ? 'STOPPED' : end.fallback;
    Object.assign(question, { status, answeredAt, fallback, stage: 'ENDED', startedAt: null });
    return;
  }
  Object.assign(question, {
    status: stage === 'ASKED' ? 'ASKED' : 'ANSWERING',
    stage,
    place: stage === 'QUEUED' ? Math.max(1, 3 - Math.floor(seconds)) : null,
    partial: end.status === 'ANSWERED' ? written(end.answer ?? '', seconds - 5) : null,
  });
}

function written(answer: string, seconds: number): string | null {
  if (seconds < 0) return null;
  const sentences = answer.match(/[^\n.]+[.\n\s[\]\d,]*/g) ?? [];
  return sentences.slice(0, Math.floor(seconds * 1.5) + 1).join('');
}
