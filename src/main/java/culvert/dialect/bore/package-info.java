/**
 * The bore protocol: a control connection for each origin proxy, and a data channel for each
 * visitor, which names the visitor by its id. Messages are JSON texts of at most 256 bytes, each
 * followed by a zero byte; after them a data channel carries only the visitor's bytes.
 */
package culvert.dialect.bore;
