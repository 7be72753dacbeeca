/**
 * The seam between the roles and the wires: a role knows sessions and what they open, a dialect
 * knows bytes. The native dialect stands here; others stand beside it, each in a package of its
 * own.
 */
package culvert.session;
