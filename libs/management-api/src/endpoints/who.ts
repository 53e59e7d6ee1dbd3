/** Who may do what (reference management-api §1.5). The viewer reads everything and changes nothing (decision 21). */
export const ADMINS = ['admin'] as const;
export const ADMIN_READERS = ['admin', 'viewer'] as const;
export const API_WRITERS = ['admin', 'developer'] as const;
export const API_READERS = ['admin', 'developer', 'viewer'] as const;
export const EVERYBODY = ['admin', 'developer', 'consumer', 'viewer'] as const;
export const KEY_WRITERS = ['admin', 'consumer'] as const;
export const KEY_READERS = ['admin', 'consumer', 'viewer'] as const;
