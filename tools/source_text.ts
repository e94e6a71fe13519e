/**
 * Enough reading of TypeScript and C++ for the layering check: comments and text blanked out with
 * every line kept in its place, and the extent of each function.
 *
 * @module
 */

/** A function as found in a source text. */
export interface FunctionExtent {
  /** The line it begins on, counted from 1. */
  line: number;
  /** How many lines it takes, from its signature to its closing brace. */
  lines: number;
  /** Its signature, shortened. */
  signature: string;
}

/** What to blank out beside comments. */
export interface BlankOptions {
  /** Keep the contents of strings. Templates and regular expressions are blanked out anyway. */
  keepStrings?: boolean;
}

const BEFORE_REGEX = /(^|[(,=:[!&|?{};+]|\breturn|=>)\s*$/;
// The languages tell apart `1'000` (C++) and a string that begins after a word (TypeScript).
const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?<=\d)'(?=\d)|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'|`|\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*|[{}]/g;

/** Replaces comments, strings, templates and regular expressions by spaces, keeping line ends. */
export function blank(source: string, options: BlankOptions = {}): string {
  let output = "";
  let at = 0;
  // Braces open inside each `${` that is being read.
  const templates: number[] = [];
  const skip = (end: number): void => {
    output += source.slice(at, end).replace(/[^\n]/g, " ");
    at = end;
  };
  const keep = (end: number): void => {
    output += source.slice(at, end);
    at = end;
  };
  while (true) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (match === null) {
      keep(source.length);
      return output;
    }
    keep(match.index);
    const token = match[0];
    const end = at + token.length;
    if (token === "`") {
      templates.push(0);
      skip(templateTextEnd(source, end, templates));
    } else if (token === "{") {
      if (templates.length > 0) templates[templates.length - 1]++;
      keep(end);
    } else if (token === "}") {
      if (templates.length > 0 && templates[templates.length - 1]-- === 0) {
        skip(templateTextEnd(source, end, templates));
      } else {
        keep(end);
      }
    } else if (token[0] === "/" && token[1] !== "/" && token[1] !== "*") {
      // A division is no regular expression: go on behind the slash.
      if (BEFORE_REGEX.test(output.slice(-40))) skip(end);
      else keep(at + 1);
    } else if (token[0] === "/" || !options.keepStrings) {
      skip(end);
    } else {
      keep(end);
    }
  }
}

/** Where the text of a template ends: behind its `${`, which stays open, or behind its backtick. */
function templateTextEnd(source: string, from: number, templates: number[]): number {
  for (let i = from; i < source.length; i++) {
    if (source[i] === "\\") i++;
    else if (source[i] === "`") {
      templates.pop();
      return i + 1;
    } else if (source[i] === "$" && source[i + 1] === "{") {
      templates[templates.length - 1] = 0;
      return i + 2;
    }
  }
  return source.length;
}

const PREPROCESSOR =
  /^[ \t]*#\s*(?:include|define|undef|if|ifdef|ifndef|elif|else|endif|pragma|error)\b.*(?:\\\n.*)*/gm;
const NOT_A_FUNCTION =
  /^(if|for|while|switch|case|catch|else|do|try|namespace|extern|class|struct|enum|union|interface|type|import|export (\{|(abstract )?(class|interface|type|enum)\b))\b/;
// `)`, then what may stand between a parameter list and a body: a return type, a specifier, a list
// of member initializers; or the arrow of an arrow function.
const FUNCTION_HEAD =
  /(\)\s*(const|noexcept|override|final|mutable)?[\w\s&:<>,*.|[\]"'()?-]*|=>\s*)$/;

/** The functions of a text from which `blank` took comments and strings; inner ones too. */
export function functionsOf(blanked: string): FunctionExtent[] {
  const text = blanked.replace(PREPROCESSOR, (line) => line.replace(/[^\n]/g, " "));
  const found: FunctionExtent[] = [];
  const open: { start: number; isFunction: boolean; parentheses: number }[] = [];
  let statement = 0;
  // Open ones since the innermost brace: the semicolons of `for (;;)` end no statement.
  let parentheses = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === "(") parentheses++;
    else if (char === ")") parentheses--;
    else if (char === "{") {
      const start = i - text.slice(statement, i).trimStart().length;
      open.push({ start, isFunction: isFunctionHead(text.slice(start, i)), parentheses });
      parentheses = 0;
      statement = i + 1;
    } else if (char === "}") {
      const top = open.pop();
      if (top?.isFunction) found.push(extent(text, top.start, i));
      parentheses = top?.parentheses ?? 0;
      statement = i + 1;
    } else if (char === ";" && parentheses === 0) statement = i + 1;
  }
  return found.sort((a, b) => a.line - b.line);
}

function isFunctionHead(head: string): boolean {
  const text = head.trim();
  return !NOT_A_FUNCTION.test(text) && FUNCTION_HEAD.test(text);
}

function extent(text: string, start: number, end: number): FunctionExtent {
  const lineAt = (offset: number): number => text.slice(0, offset).split("\n").length;
  const line = lineAt(start);
  const signature = text.slice(start, end).replace(/\s+/g, " ").slice(0, 60);
  return { line, lines: lineAt(end) - line + 1, signature };
}
