package culvert.session;

import java.net.InetSocketAddress;

/**
 * Who came, and what for.
 *
 * @param service the service visited
 * @param address the visitor's own address
 * @param reached the address it connected to
 */
public record Visitor(String service, InetSocketAddress address, InetSocketAddress reached) {}
