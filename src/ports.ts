/**
 * What idp-fix needs from the world around it: interfaces only. `adapters/` has the real ones, tests their own.
 * Every path a port takes is a path of the file system as the user wrote it, relative to the working directory
 * or absolute.
 */

import type { Live } from './aws-ports.js';

export interface FileStore {
  /**
   * A regular file, through symbolic links; never a pipe or a device, which may have no end.
   * @param mostBytes 64 MiB when absent
   * @throws IdpFixError `file-not-found`, `file-unreadable`, `file-too-large` above `mostBytes`
   */
  read(path: string, mostBytes?: number): Promise<Uint8Array>;
  /** What stands at the path, through symbolic links. */
  kindOf(path: string): Promise<FileKind>;
  /** Whether a symbolic link stands at the path itself; `kindOf` looks through it. */
  isLink(path: string): Promise<boolean>;
  /** The entries of a directory, sorted by code unit; a symbolic link is `other`. */
  list(directory: string): Promise<readonly DirectoryEntry[]>;
  /** Absolute, with every symbolic link resolved. @throws IdpFixError `file-not-found`, `file-unreadable` */
  realPath(path: string): Promise<string>;
  /**
   * Works while no other idp-fix writes in the folders of these files, which come into being where they are missing. What
   * a killed process has left behind there is removed first.
   * @throws IdpFixError `write-failed`, and what `work` throws
   */
  exclusively<Result>(places: readonly FilePlace[], work: () => Promise<Result>): Promise<Result>;
  /**
   * Only within `exclusively`. Gets ready to write a file: the new content lies next to the target, which is untouched until `commit`.
   * Missing folders come into being; the mode of a file that is replaced is kept. A symbolic link is never written
   * through, and a path below the working directory, or below `within`, does not leave it through one.
   * @throws IdpFixError `write-failed`, `stale`
   */
  prepare(path: string, bytes: Uint8Array, options?: PrepareOptions): Promise<PreparedFile>;
  /** Does nothing when there is no such file. @throws IdpFixError `write-failed` */
  remove(path: string): Promise<void>;
}

export interface FilePlace {
  readonly path: string;
  /** The folder that the file must lie in once every symbolic link is resolved. */
  readonly within?: string;
}

export interface PrepareOptions extends Pick<FilePlace, 'within'> {
  /** For its owner alone, whatever the mode was. */
  readonly isPrivate?: boolean;
  /** SHA-256 of what the file must hold until it is replaced, `null` for no file at all; anything when absent. */
  readonly expected?: string | null;
}

/** The steps are synchronous, so that no signal comes between those of several files. */
export interface PreparedFile {
  readonly path: string;
  /** What the new file could not take over from the old one, a sentence each. */
  readonly notes: readonly string[];
  /** Puts the new content in place in one step. @throws IdpFixError `write-failed`, `stale` */
  commit(): void;
  /** After `commit`: nothing was written into the old content until it was replaced. @throws IdpFixError `stale` */
  confirm(): void;
  /** Puts back what was there before `commit`. @throws IdpFixError `write-failed` */
  revert(): void;
  /** Where `revert` has failed: the old content stays. @returns its path. Never throws. */
  keepOriginal(): string;
  /** Clears away what `prepare` has left. Never throws. */
  discard(): void;
}

export type FileKind = 'file' | 'directory' | 'other' | 'missing';

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: Exclude<FileKind, 'missing'>;
}

/** Where data goes, and everything else. */
export interface Output {
  /** Data: what the user asked for. */
  data(text: string): void;
  /** Ends when whoever reads the data has taken it, so that it does not pile up. */
  taken(): Promise<void>;
  /** Anything else: errors, notes, progress. */
  note(text: string): void;
  /** One line about what goes on, for a person who has waited a second; the next one takes its place, an empty one ends it. */
  progress(text: string): void;
  readonly dataTerminal: Terminal;
  readonly noteTerminal: Terminal;
}

export interface Terminal {
  readonly isTerminal: boolean;
  /** Width in characters; 80 where it is not known. */
  readonly columns: number;
  /** By NO_COLOR, FORCE_COLOR, TERM and what the stream is. */
  readonly color: boolean;
}

export interface Input {
  /** All of the standard input. */
  read(): Promise<Uint8Array>;
}

export interface Modules {
  /**
   * What a module exports; loading it runs its code.
   * @param specifier path of a file, or name of a package
   * @throws IdpFixError `plugin-invalid`
   */
  load(specifier: string): Promise<object>;
}

/** Asks a person at a terminal, one question at a time. */
export interface Prompt {
  /** Somebody can see what is asked, and can type. */
  readonly isPossible: boolean;
  ask(question: PromptQuestion, options?: { readonly canGoBack: boolean }): Promise<PromptReply>;
}

/** The value chosen, the text typed, or the values ticked. */
export type PromptAnswer = string | readonly string[];

export type PromptReply =
  | { readonly kind: 'answer'; readonly answer: PromptAnswer }
  /** Escape, where it is allowed: the question before is to be asked again. */
  | { readonly kind: 'back' }
  | { readonly kind: 'interrupted' };

export type PromptQuestion = Choice | CheckList | TypedText;

export interface PromptOption {
  readonly value: string;
  readonly label: string;
  /** Shown for the option the cursor is on. */
  readonly detail?: string;
}

export interface Choice {
  readonly kind: 'choice';
  readonly message: string;
  readonly options: readonly PromptOption[];
  /** Where the cursor starts: a value; the first option when absent. */
  readonly preselected?: string;
}

/** Check boxes, with a filter that is typed. */
export interface CheckList {
  readonly kind: 'checks';
  readonly message: string;
  readonly options: readonly PromptOption[];
  /** Values that are ticked at first. */
  readonly checked: readonly string[];
  /** What is wrong with the values ticked, in a sentence; nothing when absent. */
  problemWith?(values: readonly string[]): string | undefined;
}

export interface TypedText {
  readonly kind: 'text';
  readonly message: string;
  /** What Enter alone answers; the empty text when absent. */
  readonly preset?: string;
  /** What is wrong with a text, in a sentence; it is then typed again. */
  problemWith(text: string): string | undefined;
}

export interface Clock {
  /** `YYYY-MM-DD`, in UTC. */
  today(): string;
}

/** Public pages, without credentials. */
export interface Web {
  /**
   * What lies at an address. A redirect is followed within the same host only, and through the proxy that the
   * environment names.
   * @returns the bytes, or why there are none, as a clause
   */
  get(url: URL, mostBytes: number): Promise<{ readonly bytes: Uint8Array } | { readonly refused: string }>;
}

/** Work apart from what asks for it, on several processor cores. */
export interface Workers {
  /** How many can work at once. */
  readonly cores: number;
  /** @param setup told to the worker once; it and all that goes to and fro is plain data */
  start<Task, Answer>(
    setup: unknown,
  ): {
    /** One task at a time. Throws what the worker has ended with. */
    ask(task: Task): Promise<Answer>;
    end(): Promise<void>;
  };
}

/** A file of lines that is written while they come. */
export interface LineFile {
  /** The lines an earlier run has left. */
  kept(): AsyncIterable<string>;
  append(line: string): void;
  close(): void;
}

/** What `run` is given; everything it does to the world goes through here. */
export interface Ports {
  readonly files: FileStore;
  readonly input: Input;
  readonly output: Output;
  readonly clock: Clock;
  readonly workers: Workers;
  /** @param resumes keeps the lines that are there. Throws IdpFixError `write-failed` */
  lines(path: string, resumes: boolean): Promise<LineFile>;
  /** For plugins; nothing is loaded without one. */
  readonly modules: Modules;
  readonly prompt: Prompt;
  /** For templates that are published; nothing else is fetched. */
  readonly web: Web;
  /** For the commands that work with AWS; nothing of it is loaded before one does. */
  readonly live: Live;
}
