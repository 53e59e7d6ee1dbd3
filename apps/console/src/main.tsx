import '@mantine/core/styles.css';
import './console.css';

import { createTheme, type CSSVariablesResolver, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { queryClient } from './api/query-client.ts';
import { App } from './app.tsx';

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
// read by the library that keeps the page from scrolling behind a dialog (get-nonce)
Object.assign(globalThis, { __webpack_nonce__: nonce });

const theme = createTheme({
  primaryColor: 'cyan',
  colors: {
    // with a little of the blue of the page, where Mantine's are plain grey
    dark: ['#d3dae0', '#b6c0c8', '#8d98a1', '#6c7780', '#343b41', '#2b3238', '#22282d', '#1b2024', '#14181b', '#0f1215'],
  },
  primaryShade: 9,
  defaultRadius: 'sm',
  cursorType: 'pointer',
  components: { Modal: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } } },
  respectReducedMotion: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace',
});

/** Mantine's grey text and its errors have less contrast than WCAG asks for (4.5:1). */
const readableGrey: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#f5f7f8',
    '--mantine-color-error': '#b42318',
    '--mantine-primary-color-filled-hover': '#095c6b',
    '--mantine-color-dimmed': '#5c636a',
    '--mantine-color-placeholder': '#6a7178',
  },
  dark: {
    '--mantine-color-body': '#14181b',
    '--mantine-color-default': '#1b2024',
    '--mantine-color-default-border': '#343b41',
    '--mantine-color-default-hover': '#242b30',
    '--mantine-color-error': '#ff8787',
    '--mantine-primary-color-filled-hover': '#095c6b',
    '--mantine-color-dimmed': '#a6adb5',
    '--mantine-color-placeholder': '#9aa1a9',
    '--mantine-color-anchor': '#66d9e8',
  },
});

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" cssVariablesResolver={readableGrey} getStyleNonce={() => nonce}>
      <QueryClientProvider client={queryClient}>
        <App />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
