/**
 * The native protocol behind the session interfaces: one {@link culvert.mux.Link} for each session
 * and one stream for each visitor.
 */
package culvert.dialect.culvert;
