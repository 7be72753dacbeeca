package culvert.remote;

import culvert.config.ClientSettings;
import culvert.net.BandwidthLimits;
import culvert.session.Session;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The bandwidth of each client of the settings: one for the visitors of all its services and ports,
 * of all its sessions. Visitors read it without a lock.
 */
final class ClientBandwidths {

  /** By the name of the client. Replaced by each change. */
  private volatile Map<String, BucketPair> pairs = Map.of();

  /**
   * Uses the rates of these clients, also for connected visitors. Comes before a session can log in
   * as one of them. Calls one after the other.
   */
  void set(List<ClientSettings> clients) {
    Map<String, BucketPair> changed = new HashMap<>();
    for (ClientSettings client : clients) {
      BucketPair pair = pairs.getOrDefault(client.name(), new BucketPair());
      pair.setRate(client.bandwidth());
      changed.put(client.name(), pair);
    }
    pairs = changed;
  }

  /** Returns the limits of a visitor of a session; none if that has logged in as no client. */
  BandwidthLimits limits(Session session) {
    return session
        .client()
        .map(client -> pairs.get(client.name()))
        .map(BucketPair::limits)
        .orElse(BandwidthLimits.NONE);
  }
}
