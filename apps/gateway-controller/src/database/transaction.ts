/** A transaction of either library, for statements whose answer does not matter. */
export interface Transaction {
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
}
