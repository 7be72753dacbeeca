package culvert.origin;

import culvert.config.OriginSettings;
import culvert.session.OfferedService;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;

/**
 * The services that the settings want now, and which of them a remote proxy has declined, for all
 * sessions with that remote proxy. Thread-safe.
 */
final class WantedServices {

  private final Supplier<OriginSettings> settings;

  /** Services that were declined while others were served, with the causes. */
  private final ConcurrentMap<OfferedService, String> declined = new ConcurrentHashMap<>();

  /** Never reset. */
  private volatile boolean hasServed;

  /**
   * Creates an instance of which nothing was declined.
   *
   * @param settings the current ones
   */
  WantedServices(Supplier<OriginSettings> settings) {
    this.settings = settings;
  }

  /** Returns the services that the settings want now. */
  List<OfferedService> wanted() {
    return settings.get().services().stream()
        .map(service -> new OfferedService(service.service(), service.type()))
        .toList();
  }

  /** Returns whether any session with the remote proxy has served. */
  boolean hasServed() {
    return hasServed;
  }

  /** Records that a session serves. */
  void recordServing() {
    hasServed = true;
  }

  /** Records that a service was declined; returns whether the cause is another than before. */
  boolean recordDeclined(OfferedService service, String why) {
    return !why.equals(declined.put(service, why));
  }

  /** Records that a service is served. */
  void recordServed(OfferedService service) {
    declined.remove(service);
  }

  /** Returns whether a service was declined the last time it was offered. */
  boolean isDeclined(OfferedService service) {
    return declined.containsKey(service);
  }

  /** Forgets services that are not wanted any more. */
  void settingsChanged() {
    declined.keySet().retainAll(wanted());
  }
}
