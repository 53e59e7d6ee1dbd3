import { Text } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, type PointerEvent, useState } from 'react';

import { knownRuns, niceTicks } from './scale.ts';

export interface Series {
  readonly label: string;
  /** Class of the line: which colour and dash */
  readonly look: 'main' | 'warning' | 'bad' | 'second' | 'third';
  /** null = nothing is known: no line there */
  readonly values: readonly (number | null)[];
}

interface TimeChartProps {
  readonly title: string;
  /** Of the whole chart, beside its title */
  readonly about?: string;
  /** Begin of each step, ISO */
  readonly times: readonly string[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** What stands there when no step has a value */
  readonly empty: string;
}

const HEIGHT = 168;
const LEFT = 54;
const BOTTOM = 20;
const TOP = 8;
const LABEL_PX = 110;

/** Lines over time, drawn here: a library for it is larger than the rest of the page. Read by pointer, by arrow keys, and as text. */
export function TimeChart({ title, about, times, series, format, empty }: TimeChartProps) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const [marked, setMarked] = useState<number | null>(null);
  const known = series.flatMap(({ values }) => values).filter((value) => value !== null);
  const ticks = niceTicks(Math.max(0, ...known));
  const top = ticks.at(-1) ?? 1;
  const inner = Math.max(1, width - LEFT - 8);
  const x = (at: number) => LEFT + (times.length < 2 ? inner / 2 : (at / (times.length - 1)) * inner);
  const y = (value: number) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const latest =
    times.length -
    1 -
    [...times].reverse().findIndex((_, back) => series.some(({ values }) => (values[times.length - 1 - back] ?? null) !== null));
  const shown = marked ?? (latest < times.length ? latest : null);

  const point = (event: PointerEvent<SVGSVGElement>) => {
    const at = ((event.clientX - event.currentTarget.getBoundingClientRect().left - LEFT) / inner) * (times.length - 1);
    setMarked(Math.min(times.length - 1, Math.max(0, Math.round(at))));
  };
  const step = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined || shown === null) return;
    event.preventDefault();
    setMarked(Math.min(times.length - 1, Math.max(0, shown + by)));
  };

  return (
    <figure className="chart panel">
      <figcaption>
        <Text fw={600} size="sm">
          {title}
        </Text>
        <Text size="xs" c="dimmed">
          {about}
        </Text>
      </figcaption>
      <Legend
        series={series}
        at={shown}
        time={shown === null || marked === null ? null : (times[shown] ?? null)}
        format={format}
      />
      <div ref={ref} className="chart-area">
        {known.length === 0 ? (
          <div className="chart-empty">{empty}</div>
        ) : (
          <svg
            width="100%"
            height={HEIGHT}
            role="img"
            tabIndex={0}
            aria-label={`${title}: ${series.map((one) => spoken(one, shown, format)).join(', ')}. Arrow keys read other moments.`}
            onPointerMove={point}
            onPointerLeave={() => setMarked(null)}
            onBlur={() => setMarked(null)}
            onKeyDown={step}
          >
            {ticks.map((tick) => (
              <g key={tick} className="chart-grid">
                <line x1={LEFT} x2={LEFT + inner} y1={y(tick)} y2={y(tick)} />
                <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end">
                  {format(tick)}
                </text>
              </g>
            ))}
            {timeLabels(times, inner).map((at) => (
              <text
                key={at}
                className="chart-time"
                x={x(at)}
                y={HEIGHT - 4}
                textAnchor={at === 0 ? 'start' : at === times.length - 1 ? 'end' : 'middle'}
              >
                {clock(times[at] ?? '', false)}
              </text>
            ))}
            {series.map(({ label, look, values }) => (
              <g key={label} className="chart-line" data-look={look}>
                {knownRuns(values).map((run) => {
                  const line = run.map((at) => `${x(at).toFixed(1)},${y(values[at] ?? 0).toFixed(1)}`);
                  const [first = 0] = run;
                  if (run.length === 1) return <circle key={first} cx={x(first)} cy={y(values[first] ?? 0)} r={2} />;
                  return (
                    <g key={first}>
                      {look === 'main' && (
                        <polygon points={`${x(first)},${y(0)} ${line.join(' ')} ${x(run.at(-1) ?? 0)},${y(0)}`} />
                      )}
                      <polyline points={line.join(' ')} />
                    </g>
                  );
                })}
              </g>
            ))}
            {marked !== null && <line className="chart-mark" x1={x(marked)} x2={x(marked)} y1={TOP} y2={HEIGHT - BOTTOM} />}
          </svg>
        )}
      </div>
    </figure>
  );
}

interface LegendProps extends Pick<TimeChartProps, 'series' | 'format'> {
  readonly at: number | null;
  /** null = the latest that is known */
  readonly time: string | null;
}

function Legend({ series, at, time, format }: LegendProps) {
  return (
    <div className="chart-legend" aria-live={time === null ? 'off' : 'polite'}>
      {series.map(({ label, look, values }) => {
        const value = at === null ? null : (values[at] ?? null);
        return (
          <span key={label}>
            <span className="chart-key" data-look={look} aria-hidden="true" />
            <span className="muted">{label}</span> <b>{value === null ? '—' : format(value)}</b>
          </span>
        );
      })}
      {time !== null && <span className="muted">{clock(time)}</span>}
    </div>
  );
}

function spoken({ label, values }: Series, at: number | null, format: (value: number) => string): string {
  const value = at === null ? null : (values[at] ?? null);
  return `${label} ${value === null ? 'not known' : format(value)}`;
}

function timeLabels(times: readonly string[], width: number): number[] {
  const count = Math.max(2, Math.min(6, Math.floor(width / LABEL_PX)));
  return Array.from({ length: count }, (_, at) => Math.round((at / (count - 1)) * (times.length - 1)));
}

function clock(time: string, seconds = true): string {
  const second = seconds ? ({ second: '2-digit' } as const) : {};
  return new Date(time).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', ...second });
}
