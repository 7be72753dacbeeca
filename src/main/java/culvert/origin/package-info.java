/** The origin-proxy role: joins a remote proxy and dials the origin servers for its visitors. */
package culvert.origin;
