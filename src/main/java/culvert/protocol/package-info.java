/**
 * The native wire as bytes: frames, messages, the handshake and its proofs. Streams in and out; no
 * sockets, threads or clocks.
 *
 * <p>A connection begins with the preface, eight bytes, from the side that dialled. After it come
 * frames in both directions:
 *
 * <pre>
 *   0        1                          4                                  12
 *   +--------+--------+--------+--------+--------+-- ... --+--------+---------------
 *   |  verb  |   length of the payload  |        stream id          |  payload ...
 *   +--------+--------+--------+--------+--------+-- ... --+--------+---------------
 * </pre>
 *
 * <p>All numbers are unsigned and big-endian. Stream 0 is the session itself. {@link
 * culvert.protocol.Verb} lists the verbs and their limits, {@link culvert.protocol.Message} their
 * payloads.
 */
package culvert.protocol;
