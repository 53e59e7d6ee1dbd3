import { z } from 'zod';

/** No list is longer; without `limit` this many come, which is everything for all but the largest installations. */
export const LIST_LIMIT_MAX = 1000;

/** Query parameters of every list (decision 21). */
export const paging = {
  limit: z.coerce.number<string>().int().min(1).max(LIST_LIMIT_MAX).default(LIST_LIMIT_MAX),
  offset: z.coerce
    .number<string>()
    .int()
    .min(0)
    .max(2 ** 31)
    .default(0),
};

/** The envelope of every list: `{status, count, total, limit, offset, <plural>[]}`; `count` = items here, `total` = all there are. */
export function listOf<Plural extends string, Item extends z.ZodType>(plural: Plural, item: Item) {
  const items = { [plural]: z.array(item) } as Record<Plural, z.ZodArray<Item>>;
  return z.object({
    status: z.literal('success'),
    count: z.int().min(0),
    total: z.int().min(0),
    limit: z.int().min(0),
    offset: z.int().min(0),
    ...items,
  });
}
