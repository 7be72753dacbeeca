/**
 * Ways to reach a peer: directly, through an outbound HTTP or SOCKS proxy, or through a channel
 * group of a bounce server; and the environment variables that select a proxy.
 */
package culvert.route;
