/**
 * The wire of bore, as another dialect behind the seam: a control connection for each origin proxy,
 * and a data channel for each visitor that names it. Messages are JSON text with a zero byte behind
 * each, 256 bytes at the most; after them a data channel is the visitor's bytes and nothing else.
 */
package culvert.dialect.bore;
