import { Modal, Table } from '@mantine/core';

import { SECTIONS } from './sections.ts';

const KEYS: readonly (readonly [string, string])[] = [
  ['Ctrl K', 'Search, or go anywhere'],
  ['/', 'To the search field of the page'],
  ['j   k', 'To the next or previous row; Enter opens it'],
  ...SECTIONS.flatMap(({ sections }) => sections.map(({ key, label }) => [`g ${key}`, label] as const)),
  ['g m', 'Environment Migration'],
  ['Esc', 'Closes what is open'],
  ['?', 'This list'],
];

export default function KeyboardHelp({ onClose }: { onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Keyboard" centered>
      <Table>
        <Table.Tbody>
          {KEYS.map(([key, what]) => (
            <Table.Tr key={key}>
              <Table.Td w={110}>
                {key.split(/\s+/).map((one) => (
                  <kbd key={one}>{one}</kbd>
                ))}
              </Table.Td>
              <Table.Td>{what}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
