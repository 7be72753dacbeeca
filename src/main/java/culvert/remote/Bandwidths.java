package culvert.remote;

import culvert.config.ByteCount;
import culvert.config.ClientSettings;
import culvert.config.PerService;
import culvert.config.RemoteSettings;
import culvert.config.ServiceAddress;
import culvert.net.BandwidthLimits;
import culvert.net.SourcePrefix;
import culvert.session.Session;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The bandwidth of each service and each client of the settings, and of each port on request. The
 * one of a client is for the visitors of all its services and ports, of all its sessions.
 *
 * <p>The buckets exist as long as the settings have the service or client, or as long as the port
 * is open, and not only while there are visitors: what a visitor owes at its end is owed by the
 * next one. Visitors of a service or client that was removed keep their last rate, until its name
 * returns. Thread-safe, without a lock.
 */
final class Bandwidths {

  /** The buckets of services or of clients, by name. */
  private static final class Named {
    /** Those of the settings; replaced by each change. */
    private volatile Map<String, BucketPair> current = Map.of();

    /** Those of names that were removed, for the visitors that still use them. */
    private final Map<String, BucketPair.Released> removed = new HashMap<>();

    /** Uses the rates of the settings. Calls one after the other. */
    <T> void set(List<T> all, Function<T, String> name, Function<T, Optional<ByteCount>> rate) {
      Map<String, BucketPair> next = new HashMap<>();
      for (T one : all) {
        BucketPair pair = known(name.apply(one)).orElseGet(BucketPair::new);
        pair.setRate(rate.apply(one));
        next.put(name.apply(one), pair);
      }
      current.forEach((before, pair) -> removed.put(before, pair.release()));
      removed.keySet().removeAll(next.keySet());
      removed.values().removeIf(pair -> pair.get().isEmpty());
      current = next;
    }

    private Optional<BucketPair> known(String name) {
      return Optional.ofNullable(current.get(name))
          .or(() -> Optional.ofNullable(removed.get(name)).flatMap(BucketPair.Released::get));
    }

    Optional<BucketPair> get(String name) {
      return Optional.ofNullable(current.get(name));
    }
  }

  private final Named services = new Named();
  private final Named clients = new Named();

  /** Of the ports on request that are open. */
  private final Set<BucketPair> ports = ConcurrentHashMap.newKeySet();

  private volatile Optional<ByteCount> rateOfPorts = Optional.empty();

  /**
   * Uses the rates of these settings, also for connected visitors. Comes before a listener is bound
   * or a client can log in. Calls one after the other.
   */
  void set(RemoteSettings settings) {
    PerService<ByteCount> rates = settings.rules().bandwidth();
    services.set(
        settings.services(), ServiceAddress::service, service -> rates.value(service.service()));
    clients.set(settings.clients(), ClientSettings::name, ClientSettings::bandwidth);
    rateOfPorts = rates.value("");
    ports.forEach(this::setRateOfPort);
  }

  /** Sets the current rate; a change may come in between. */
  private void setRateOfPort(BucketPair port) {
    Optional<ByteCount> rate;
    do {
      rate = rateOfPorts;
      port.setRate(rate);
    } while (!rate.equals(rateOfPorts));
  }

  /** Returns the buckets of a service. */
  BucketPair service(String name) {
    // A service that a reload removes meanwhile has no visitors any more.
    return services.get(name).orElseGet(BucketPair::new);
  }

  /** Returns the buckets of a port on request; {@link #closePort} follows. */
  BucketPair openPort() {
    var port = new BucketPair();
    ports.add(port);
    setRateOfPort(port);
    return port;
  }

  /** The port is closed; visitors that are connected keep their rate. */
  void closePort(BucketPair port) {
    ports.remove(port);
  }

  /** Returns the number of ports on request that are open. */
  int openPorts() {
    return ports.size();
  }

  /** Returns the number of removed services that visitors use, as far as it is known. */
  int removedServices() {
    return services.removed.size();
  }

  /**
   * Returns the limits of a visitor: those of the service or port and those of the client, if its
   * session has logged in as one.
   */
  BandwidthLimits limits(BucketPair shared, Session session, SourcePrefix source) {
    return shared.limits(session.client().flatMap(client -> clients.get(client.name())), source);
  }
}
