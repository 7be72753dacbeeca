/**
 * What wraps a connection between the halves and is a {@link culvert.net.Connection} again: Noise,
 * TLS, WebSocket; and the way out through a proxy.
 *
 * <p>All of them are one skeleton, {@link culvert.transport.FramedConnection}: a {@link
 * culvert.transport.Sealer} turns payload into records and belongs to whoever writes, an {@link
 * culvert.transport.Opener} turns records into payload and belongs to whoever reads. The two share
 * no lock, and {@code close()} ends the carrier first, which ends whatever they wait for.
 */
package culvert.transport;
