/**
 * The link: one connection between the halves that carries a session's messages and many streams.
 *
 * <p>Each link has one thread that reads and one that writes what nobody else is there to write.
 * The reader never writes, never dials and never waits; what it owes the peer is noted as state, at
 * most one note of each kind a stream, and the writer sends it ahead of payload. Whoever has
 * payload and finds nobody writing writes for all. There is no credit for the link as a whole, only
 * for each stream, so that visitors who never read hold nobody else up.
 */
package culvert.mux;
