/**
 * The Noise Protocol Framework, revision 34 (noiseprotocol.org), as bytes: no sockets, threads or
 * clocks.
 *
 * <p>A {@link culvert.noise.NoiseProtocol} names what is spoken, a {@link
 * culvert.noise.NoiseHandshake} writes and reads the handshake's messages in turn, and two {@link
 * culvert.noise.NoiseCipher}s, one for each direction, seal and open what comes behind it. How
 * messages are told apart on the wire is the business of whoever carries them.
 *
 * <p>All primitives are the JDK's but BLAKE2s, which it has not.
 */
package culvert.noise;
