/**
 * Immutable records of every setting. Callers pass them in; the code below does not read the
 * environment.
 */
package culvert.config;
