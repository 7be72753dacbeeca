package culvert.origin;

import culvert.config.GroupAddress;
import culvert.config.RemoteAddress;
import culvert.net.HostPort;
import culvert.session.OriginDialect;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One remote proxy of the role.
 *
 * @param address its address, which log lines contain
 * @param current returns the access to it, which a reload replaces
 * @param memory has the memory of this address, if it is one of several of a name
 * @param services those of its sessions
 */
record RemotePeer(
    RemoteAddress address,
    Supplier<Access> current,
    Optional<OriginDialect> memory,
    WantedServices services) {

  /** Returns the access that an attempt uses from now on. */
  Access access() {
    Access now = current.get();
    return memory
        .map(of -> new Access(now.settings(), now.dialect().withMemoryOf(of), now.route()))
        .orElse(now);
  }

  /** Returns this remote proxy with the memory of another address of its name. */
  RemotePeer withMemoryOf(RemotePeer other) {
    return new RemotePeer(address, current, other.memory, services);
  }

  /** Returns whether it is reached through a channel group. */
  boolean isInGroup() {
    return address instanceof GroupAddress;
  }

  /**
   * Replaces a wildcard address by the host at which the remote proxy was reached, unless that host
   * is a bounce server.
   */
  HostPort reachable(HostPort served) {
    boolean isWildcard = served.host().equals("0.0.0.0") || served.host().equals("::");
    return isWildcard && address instanceof RemoteAddress.Direct direct
        ? new HostPort(direct.dialled().host(), served.port())
        : served;
  }
}
