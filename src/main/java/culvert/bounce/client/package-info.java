/**
 * Joins channel groups from the command line: with a server, a local address or the standard
 * streams.
 */
package culvert.bounce.client;
