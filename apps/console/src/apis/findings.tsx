import type { Finding } from './check-document.ts';

/** What is to be mended, each leading to its line where there is one to go to. */
export function Findings({ findings, onLine }: { findings: readonly Finding[]; onLine?: (line: number) => void }) {
  return (
    <ul id="findings" className="findings" aria-live="polite">
      {findings.map(({ path, message, line }, at) => (
        <li key={at}>
          {onLine !== undefined && (
            <button type="button" onClick={() => onLine(line)}>
              line {line}
            </button>
          )}{' '}
          {path === '' ? null : <code>{path}</code>} {message}
        </li>
      ))}
    </ul>
  );
}
