/**
 * The Noise transport: Noise handshakes and transport messages within a native connection, and with
 * the framing of rathole.
 */
package culvert.transport.noise;
