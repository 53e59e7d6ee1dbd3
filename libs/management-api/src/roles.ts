/** Who may do what is said by the controller's role matrix; the viewer reads everything and changes nothing (decision 21). */
export const ROLES = ['admin', 'developer', 'consumer', 'viewer'] as const;

export type Role = (typeof ROLES)[number];
