import { useRef } from 'react';

import type { Finding } from './check-document.ts';
import { Findings } from './findings.tsx';

interface DocumentEditorProps {
  readonly text: string;
  readonly findings: readonly Finding[];
  readonly onChange: (text: string) => void;
}

/** A text field with line numbers; the lines something is wrong on are marked, and named below. */
export function DocumentEditor({ text, findings, onChange }: DocumentEditorProps) {
  const gutter = useRef<HTMLDivElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const wrong = new Set(findings.map(({ line }) => line));
  const goTo = (line: number) => {
    const lines = text.split('\n');
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    area.current?.focus();
    area.current?.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  };
  return (
    <>
      <div className="editor">
        <div className="editor-gutter" ref={gutter} aria-hidden="true">
          {text.split('\n').map((_, at) => (
            <div key={at} data-wrong={wrong.has(at + 1) || undefined}>
              {at + 1}
            </div>
          ))}
        </div>
        <textarea
          ref={area}
          aria-label="Document, YAML or JSON"
          aria-invalid={findings.length > 0}
          aria-describedby="findings"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
          onScroll={(event) => {
            if (gutter.current !== null) gutter.current.scrollTop = event.currentTarget.scrollTop;
          }}
        />
      </div>
      <Findings findings={findings} onLine={goTo} />
    </>
  );
}
