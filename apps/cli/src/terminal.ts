/** The world as a command sees it; a test gives it another one. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  print(text: string): void;
  /** Progress and problems: never part of what a script reads */
  say(text: string): void;
  readInput(): Promise<string>;
}
