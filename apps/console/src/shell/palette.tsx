import { Modal, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type KeyboardEvent, useState } from 'react';

import { navigate } from '../navigation/location.ts';
import { NavIcon } from './nav-icon.tsx';
import { type Target, useTargets } from './palette-targets.ts';

const TYPING_MS = 150;

/** Everything within a few keys: pages, actions, and APIs, gateways and environments by name. */
export default function Palette({ onClose, onHelp }: { onClose: () => void; onHelp: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const [settled] = useDebouncedValue(text.trim(), TYPING_MS);
  const targets = useTargets(text.trim(), settled, onHelp);
  const chosen = Math.min(at, targets.length - 1);
  const take = (target: Target | undefined) => {
    if (target === undefined) return;
    onClose();
    if (target.act === undefined) navigate(target.to);
    else target.act();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined) {
      event.preventDefault();
      setAt((chosen + by + targets.length) % Math.max(1, targets.length));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      take(targets[chosen]);
    }
  };
  return (
    <Modal.Root opened onClose={onClose} size="lg" yOffset="12vh">
      <Modal.Overlay />
      <Modal.Content aria-label="Search or go to">
        <Modal.Body p={0}>
          <input
            className="palette-input"
            data-autofocus
            role="combobox"
            aria-expanded="true"
            aria-controls="palette-list"
            aria-activedescendant={targets.length === 0 ? undefined : `palette-${chosen}`}
            aria-label="Search or go to"
            placeholder="An API, a gateway, an environment, a page, an action"
            autoComplete="off"
            spellCheck={false}
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              setAt(0);
            }}
            onKeyDown={onKeyDown}
          />
          <ul id="palette-list" role="listbox" aria-label="What was found" className="palette-list">
            {targets.map((target, index) => (
              <li
                key={target.key}
                id={`palette-${index}`}
                role="option"
                aria-selected={index === chosen}
                ref={(element) => {
                  if (index === chosen) element?.scrollIntoView({ block: 'nearest' });
                }}
                onPointerMove={() => setAt(index)}
                onClick={() => take(target)}
              >
                <NavIcon name={target.icon} />
                <span>{target.label}</span>
                <span className="muted">{target.about}</span>
              </li>
            ))}
          </ul>
          {targets.length === 0 && (
            <Text size="sm" c="dimmed" p="md" role="status">
              Nothing is called “{text}”.
            </Text>
          )}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
