import { lineDifference } from './line-difference.ts';

/** Line by line, `before` against `after`: what goes is red and marked −, what comes is green and marked +. */
export function DifferenceView({ before, after, label }: { before: string; after: string; label: string }) {
  return (
    <pre className="document" tabIndex={0} aria-label={label}>
      {lineDifference(before, after).map(({ kind, text }, at) => {
        const Mark = ({ same: 'span', added: 'ins', removed: 'del' } as const)[kind];
        return (
          <Mark key={at}>
            {{ same: '  ', added: '+ ', removed: '- ' }[kind]}
            {text}
          </Mark>
        );
      })}
    </pre>
  );
}
