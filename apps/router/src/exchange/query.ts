/** First value of a parameter of "?a=1&b=2", decoded ("+" = space); `undefined` = absent or not decodable. */
export function firstParameter(query: string, name: string): string | undefined {
  for (const piece of pieces(query)) {
    const equals = piece.indexOf('=');
    if (decode(equals < 0 ? piece : piece.slice(0, equals)) === name) return equals < 0 ? '' : decode(piece.slice(equals + 1));
  }
  return undefined;
}

/** The query without every occurrence of this parameter; all others keep their bytes and their order. "" if none is left. */
export function withoutParameter(query: string, dropped: string): string {
  const left = pieces(query).filter((piece) => {
    const equals = piece.indexOf('=');
    const name = decode(equals < 0 ? piece : piece.slice(0, equals));
    return name !== dropped;
  });
  return left.length === 0 ? '' : `?${left.join('&')}`;
}

function pieces(query: string): string[] {
  return query.length < 2 ? [] : query.slice(1).split('&');
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
