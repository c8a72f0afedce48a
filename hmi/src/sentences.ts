// Where a sentence of a growing text ends, so that it can be spoken before the next one is there.

const SENTENCE_END = /[。！？!?；;\n]|\.(?=\s|$)/;

// The next whole sentence of a growing text, from `from` on, or null while it has not ended. A number like 3.5 does not end one.
export function nextSentence(text: string, from: number): { sentence: string; end: number } | null {
  const match = SENTENCE_END.exec(text.slice(from));
  if (!match) return null;
  const end = from + match.index + 1;
  if (match[0] === "." && end === text.length) return null; // may be the middle of a number
  return { sentence: text.slice(from, end).trim(), end };
}
