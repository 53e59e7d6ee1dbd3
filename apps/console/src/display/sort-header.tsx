import { Table } from '@mantine/core';

import { changeView } from '../navigation/location.ts';

interface SortHeaderProps {
  readonly label: string;
  readonly field: string;
  /** As in the address: `name`, or `-name` for descending */
  readonly sort: string;
}

/** A column head that sorts; which one does is said by its arrow and to assistive technology by aria-sort. */
export function SortHeader({ label, field, sort }: SortHeaderProps) {
  const isUp = sort === field;
  const isDown = sort === `-${field}`;
  return (
    <Table.Th aria-sort={isUp ? 'ascending' : isDown ? 'descending' : 'none'}>
      <button type="button" className="sort-button" onClick={() => changeView({ sort: isUp ? `-${field}` : field, page: '' })}>
        {label}
        <span aria-hidden="true">{isUp ? '↑' : isDown ? '↓' : '⇅'}</span>
      </button>
    </Table.Th>
  );
}
