/**
 * Splits the text of cuframe.h into words, and files its comments by the lines they explain.
 *
 * @module
 */

interface Token {
  readonly text: string;
  readonly line: number;
}

const IGNORED_LINES = [
  /^#ifndef CUFRAME_H$/,
  /^#define CUFRAME_H$/,
  /^#include <stdint\.h>$/,
  /^#define CUF_API __attribute__\(\(visibility\("default"\)\)\)$/,
  /^#endif$/,
];

/** The words of the header, taken one after another. */
export class HeaderWords {
  /** CUF_ABI_VERSION; -1 if the header does not define it. */
  version: number = -1;
  readonly #tokens: Token[] = [];
  readonly #before = new Map<number, string>();
  readonly #trailing = new Map<number, string>();
  #next = 0;

  /** Splits `text`; an Error with the line for a directive that is not known. */
  constructor(text: string) {
    this.#tokenize(this.#directives(this.#comments(text)));
  }

  /** True after the last word. */
  get isAtEnd(): boolean {
    return this.#next >= this.#tokens.length;
  }

  /** Line of the next word. */
  get line(): number {
    return (this.#tokens[this.#next] ?? this.#tokens.at(-1))?.line ?? 1;
  }

  /** The word that comes `ahead` after the next one. */
  peek(ahead: number = 0): string {
    return this.#tokens[this.#next + ahead]?.text ?? "the end of the file";
  }

  /** Takes the next word; an Error if it is not the wanted one. */
  take(wanted?: string | RegExp): string {
    const token = this.peek();
    const fits = wanted === undefined ||
      (typeof wanted === "string" ? token === wanted : wanted.test(token));
    if (!fits) fail(this.line, `Expected ${wanted}, found ${token}`);
    this.#next++;
    return token;
  }

  /** Takes the next word if it is `word`. */
  takeIf(word: string): boolean {
    if (this.peek() !== word) return false;
    this.#next++;
    return true;
  }

  /** The comment above a line. */
  commentAbove(line: number): string {
    return this.#before.get(line) ?? "";
  }

  /** The comment at the end of a line. */
  commentBeside(line: number): string {
    return this.#trailing.get(line) ?? "";
  }

  /** Takes the comments out, keeping the line count, and files them by the line they explain. */
  #comments(text: string): string {
    return text.replace(/\/\*[^]*?\*\//g, (comment, at: number) => {
      const line = text.slice(0, at).split("\n").length;
      const newlines = comment.replace(/[^\n]/g, "");
      const doc = comment.slice(2, -2).replace(/\s*\n\s*\*?\s*/g, " ").trim();
      const alone = text.slice(text.lastIndexOf("\n", at) + 1, at).trim() === "";
      if (!alone) this.#trailing.set(line, doc);
      else if (!doc.startsWith("----")) this.#before.set(line + newlines.length + 1, doc);
      return ` ${newlines}`;
    });
  }

  #directives(text: string): string {
    let inCplusplus = false;
    return text.split("\n").map((line, index) => {
      const directive = line.trim();
      if (inCplusplus) {
        inCplusplus = directive !== "#endif";
        return "";
      }
      if (!directive.startsWith("#")) return line;
      const version = /^#define CUF_ABI_VERSION (\d+)$/.exec(directive);
      if (version) this.version = Number(version[1]);
      else if (directive === "#if defined(__cplusplus)") inCplusplus = true;
      else if (!IGNORED_LINES.some((known) => known.test(directive))) {
        fail(index + 1, `Directive not understood: ${directive}`);
      }
      return "";
    }).join("\n");
  }

  #tokenize(text: string): void {
    text.split("\n").forEach((content, index) => {
      for (const [token] of content.matchAll(/\w+|\.\.\.|\S/g)) {
        this.#tokens.push({ text: token, line: index + 1 });
      }
    });
  }
}

/** Throws the Error that names the line. */
export function fail(line: number, message: string): never {
  throw new Error(`cuframe.h:${line}: ${message}`);
}
