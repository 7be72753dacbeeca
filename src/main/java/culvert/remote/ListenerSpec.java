package culvert.remote;

import culvert.config.ServiceAddress;
import culvert.config.ServiceRules;
import culvert.config.ServiceType;
import culvert.net.HostPort;
import culvert.net.ServerAddress;
import culvert.net.SocketMode;
import culvert.net.UnixPath;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A listener that the settings ask for.
 *
 * @param key identifies it in old and new settings
 * @param type of its service; TCP for an endpoint
 * @param address from the settings: port 0 is any free port
 * @param mode of the file, if it is a Unix socket
 */
record ListenerSpec(Key key, ServiceType type, ServerAddress address, Optional<SocketMode> mode) {

  /** The peers of a listener. */
  enum Kind {
    /** Those that log in at an endpoint. */
    ENDPOINT,
    /** Visitors of a service. */
    SERVICE
  }

  /**
   * Identifies a listener.
   *
   * @param endpoint empty for a service
   * @param service empty for an endpoint
   */
  record Key(Optional<Endpoint.Kind> endpoint, String service) {
    /** Returns the key of a service. */
    static Key of(String service) {
      return new Key(Optional.empty(), service);
    }

    /** Returns the key of an endpoint. */
    static Key of(Endpoint.Kind endpoint) {
      return new Key(Optional.of(endpoint), "");
    }

    Kind kind() {
      return endpoint.isPresent() ? Kind.ENDPOINT : Kind.SERVICE;
    }

    @Override
    public String toString() {
      return endpoint.map(one -> one.text() + " address").orElse(service);
    }
  }

  /** Returns the listeners of these services and endpoints. */
  static List<ListenerSpec> of(
      List<ServiceAddress> services, ServiceRules rules, List<Endpoint> endpoints) {
    var specs = new ArrayList<ListenerSpec>();
    for (ServiceAddress service : services) {
      specs.add(of(service, rules));
    }
    for (Endpoint endpoint : endpoints) {
      Key key = Key.of(endpoint.kind());
      endpoint.address().ifPresent(at -> specs.add(of(key, at)));
    }
    return List.copyOf(specs);
  }

  private static ListenerSpec of(ServiceAddress service, ServiceRules rules) {
    return new ListenerSpec(
        Key.of(service.service()),
        service.type(),
        service.address(),
        service.address() instanceof UnixPath
            ? Optional.of(rules.socketMode(service.service()))
            : Optional.empty());
  }

  /** Returns a listener of TCP at a port. */
  static ListenerSpec of(Key key, HostPort address) {
    return new ListenerSpec(key, ServiceType.TCP, address, Optional.empty());
  }

  /** Returns the service with another address than that of the settings: the bound one. */
  ServiceAddress serviceAt(ServerAddress bound) {
    return new ServiceAddress(key.service(), type, bound);
  }

  /** Returns whether a listener at this bound address can keep this one from being bound. */
  boolean canConflict(ServiceType boundType, ServerAddress bound) {
    return type == boundType
        && switch (address) {
          case HostPort wanted -> bound instanceof HostPort at && canOverlap(wanted, at);
          case UnixPath wanted -> bound instanceof UnixPath at && wanted.isSameAs(at);
        };
  }

  /** A name may have any address. */
  private static boolean canOverlap(HostPort one, HostPort other) {
    if (one.port() != other.port()) {
      return false;
    }
    Optional<InetAddress> first = one.literal();
    Optional<InetAddress> second = other.literal();
    return first.isEmpty()
        || second.isEmpty()
        || first.get().isAnyLocalAddress()
        || second.get().isAnyLocalAddress()
        || first.equals(second);
  }
}
