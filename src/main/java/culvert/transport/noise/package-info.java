/**
 * The Noise transport: the framing of Noise messages within a native connection, and the framing
 * that rathole uses.
 */
package culvert.transport.noise;
