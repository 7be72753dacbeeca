/**
 * Connections, listeners, dialling, deadlines and the relay: what every role and dialect stands on.
 *
 * <p>Blocking calls on virtual threads throughout. Nobody here interrupts a thread: a blocked read
 * or write is ended by closing its connection.
 */
package culvert.net;
