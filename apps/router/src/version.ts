/** A released runtime bundle says which one it is before anything of it runs (tools/release). */
const stamped: unknown = Reflect.get(globalThis, 'TIDEGATE_RUNTIME_VERSION');

/** This code came as a released bundle, not with the image. */
export const runsReleasedBundle = typeof stamped === 'string';

/** Of the code that runs, not of the image it came in. */
export const RUNTIME_VERSION = typeof stamped === 'string' ? stamped : '0.1.0';
