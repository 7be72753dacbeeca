/**
 * The Noise Protocol Framework, revision 34 (noiseprotocol.org), as bytes: no sockets, threads or
 * clocks.
 *
 * <p>A {@link culvert.noise.NoiseProtocol} names the protocol, a {@link
 * culvert.noise.NoiseHandshake} writes and reads the handshake messages in turn, and two {@link
 * culvert.noise.NoiseCipher}s, one for each direction, encrypt and decrypt the transport messages.
 * The caller frames the messages.
 *
 * <p>All primitives are those of the JDK except BLAKE2s, which the JDK does not have.
 */
package culvert.noise;
