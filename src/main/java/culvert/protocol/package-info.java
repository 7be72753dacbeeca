/**
 * The native protocol as bytes: frames, messages, the handshake and its proofs. It reads and writes
 * byte streams; no sockets, threads or clocks.
 *
 * <p>A connection starts with the preface, eight bytes, from the dialling side. Frames in both
 * directions follow:
 *
 * <pre>
 *   0        1                          4                                  12
 *   +--------+--------+--------+--------+--------+-- ... --+--------+---------------
 *   |  type  |   length of the payload  |        stream id          |  payload ...
 *   +--------+--------+--------+--------+--------+-- ... --+--------+---------------
 * </pre>
 *
 * <p>All numbers are unsigned and big-endian. Stream 0 is the session itself. {@link
 * culvert.protocol.FrameType} lists the frame types and their limits, {@link
 * culvert.protocol.Message} their payloads.
 */
package culvert.protocol;
