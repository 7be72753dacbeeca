/**
 * The link: the connection between the halves, which carries a session's messages and many streams.
 *
 * <p>Each link has a reader thread and a writer thread. The reader never writes, never dials and
 * never blocks on a stream; the control frames that it causes are coalesced state, at most one of
 * each kind for a stream, which the writer sends ahead of payload. A thread that has payload
 * becomes the writer if no write is in progress, and also writes what other streams have queued;
 * the writer thread sends the rest. There is no flow control for the link as a whole, only for each
 * stream, so that visitors that do not read cannot block others.
 */
package culvert.mux;
