import { Pagination } from '@mantine/core';

import { changeView, usePlace } from '../navigation/location.ts';

/** The page of a list stands in the address, from 1. */
function usePage(): number {
  return Math.max(1, Number(usePlace().query.get('page') ?? '1') || 1);
}

export function useOffset(rows: number): number {
  return (usePage() - 1) * rows;
}

/** Nothing when one page holds everything. */
export function Paging({ rows, total }: { rows: number; total: number }) {
  const page = usePage();
  const pages = Math.max(1, Math.ceil(total / rows));
  if (pages === 1) return null;
  return (
    <Pagination
      mt="md"
      total={pages}
      value={Math.min(page, pages)}
      onChange={(next) => changeView({ page: next === 1 ? '' : String(next) })}
      getControlProps={(control) => ({ 'aria-label': `${control} page` })}
      getItemProps={(item) => ({ 'aria-label': `page ${item}` })}
    />
  );
}
