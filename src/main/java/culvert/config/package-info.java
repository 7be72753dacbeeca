/** Immutable records of every setting. They are passed in; nothing below reads the environment. */
package culvert.config;
