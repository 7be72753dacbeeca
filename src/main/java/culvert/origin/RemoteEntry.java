package culvert.origin;

import culvert.config.GroupAddress;
import culvert.config.OriginSettings;
import culvert.config.OutboundProxy;
import culvert.config.RemoteAddress;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.route.GroupConnector;
import culvert.route.Route;
import culvert.session.OriginDialect;
import java.util.Optional;
import java.util.function.Supplier;

/** A remote proxy of the settings, or a name of several: how its sessions are opened. */
final class RemoteEntry {

  /**
   * The settings, and the dialect made from them. A reload replaces all of it at once.
   *
   * @param via the outbound proxy, if any
   * @param group joins the group that the remote proxy is in, if it is in one
   */
  record Use(
      OriginSettings settings,
      OriginDialect dialect,
      Optional<OutboundProxy> via,
      Optional<GroupConnector> group) {}

  private final RemoteAddress address;
  private final Dialer dialer;

  /** Each attempt uses one value from start to end. */
  private volatile Use use;

  /** Creates an entry for an address. */
  RemoteEntry(RemoteAddress address, Use use, Dialer dialer) {
    this.address = address;
    this.use = use;
    this.dialer = dialer;
  }

  /** Returns whether it is the remote proxy, or the name, of this address. */
  boolean isAt(RemoteAddress other) {
    return address.isSameAs(other);
  }

  /** Returns the dialect, which other entries may have too. */
  OriginDialect dialect() {
    return use.dialect();
  }

  /** Replaces what later attempts use. */
  void replace(Use next) {
    use = next;
  }

  /** Returns a new member that keeps the sessions; it does nothing yet. */
  RemoteMembers.Member member(RoleParts role, RemoteMembers members) {
    Deadlines deadlines = role.deadlines();
    return switch (address) {
      case RemoteAddress.Direct direct -> loop(role, () -> to(direct, deadlines), members);
      case GroupAddress group -> loop(role, () -> intoGroup(deadlines), members);
      case RemoteAddress.AllOf name ->
          new AddressRounds(role, name, at -> peerAt(role, at), dialer, members);
    };
  }

  private SessionLoop loop(RoleParts role, Supplier<Access> current, RemoteMembers members) {
    return new SessionLoop(role, peer(role, address, current, Optional.empty()), members);
  }

  /** Returns the remote proxy at one address of the name. */
  private RemotePeer peerAt(RoleParts role, RemoteAddress.Direct at) {
    Optional<OriginDialect> memory = Optional.of(dialect().forAddress());
    return peer(role, at, () -> to(at, role.deadlines()), memory);
  }

  private static RemotePeer peer(
      RoleParts role, RemoteAddress at, Supplier<Access> current, Optional<OriginDialect> memory) {
    return new RemotePeer(at, current, memory, new WantedServices(role::settings));
  }

  private Access to(RemoteAddress.Direct at, Deadlines deadlines) {
    Use now = use;
    var limit = now.settings().connectTimeout();
    return access(now, Route.to(at, now.via(), limit, dialer, deadlines));
  }

  private Access intoGroup(Deadlines deadlines) {
    Use now = use;
    var limit = now.settings().connectTimeout();
    GroupConnector connector = now.group().orElseThrow();
    return access(now, Route.into(connector, now.via(), limit, dialer, deadlines));
  }

  private static Access access(Use use, Route route) {
    return new Access(use.settings(), use.dialect(), route);
  }
}
