/**
 * The origin-proxy role: logs in at a remote proxy and dials the origin servers for its visitors.
 */
package culvert.origin;
