import { TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';

import { changeView } from '../navigation/location.ts';

const TYPING_MS = 150;

/** Filters as one types and on Enter; what is searched for stands in the address as `q`. `/` leads here. */
export function SearchField({ label, value }: { label: string; value: string }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => changeView({ q: text, page: '' }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <TextInput
      type="search"
      data-search
      w={360}
      maw="100%"
      mb="xs"
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') changeView({ q: text, page: '' });
      }}
    />
  );
}
