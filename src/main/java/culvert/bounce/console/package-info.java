/**
 * The operator's console of a bounce server, on a terminal or at a TCP address, and the log of
 * member events.
 */
package culvert.bounce.console;
