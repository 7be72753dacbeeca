/**
 * Transports, such as Noise, TLS and WebSocket: each turns a connection between the halves into
 * another {@link culvert.net.Connection} that carries its bytes over the first.
 *
 * <p>All of them share one implementation, {@link culvert.transport.RecordConnection}. A {@link
 * culvert.transport.RecordEncoder} turns payload into records and belongs to the writer, a {@link
 * culvert.transport.RecordDecoder} turns records into payload and belongs to the reader. The two
 * share no lock, and {@code close()} closes the carrier first, which ends a blocked read or write.
 */
package culvert.transport;
