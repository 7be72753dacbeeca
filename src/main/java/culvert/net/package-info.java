/**
 * Connections, listeners, dialling, deadlines and the relay: the base of every role and protocol.
 *
 * <p>Blocking calls on virtual threads throughout. No thread is interrupted: closing a connection
 * ends a blocked read or write.
 */
package culvert.net;
