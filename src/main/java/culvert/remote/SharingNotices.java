package culvert.remote;

import culvert.net.Deadlines;
import culvert.session.ClientIdentity;
import culvert.session.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Notifies the sessions that share a service of each other, a second after a change. Many sessions
 * that come and go at the same time therefore cause one notice a second for each of them.
 */
final class SharingNotices {

  private static final Duration DELAY = Duration.ofSeconds(1);

  /** Names in a notice. */
  private static final int MAX_NAMES = 16;

  private record Notice(Session session, String service, int others, List<String> names) {}

  private final Registry registry;
  private final Deadlines deadlines;

  /**
   * Services whose sessions have changed since the last notices. Guarded by the registry's lock.
   */
  private final Set<String> changed = new LinkedHashSet<>();

  SharingNotices(Registry registry, Deadlines deadlines) {
    this.registry = registry;
    this.deadlines = deadlines;
  }

  /** Schedules notices if a session shares one of these services; other names are ignored. */
  void servicesChanged(Collection<String> names) {
    boolean isFirst =
        registry.locked(tables -> {
          boolean wasEmpty = changed.isEmpty();
          names.stream()
              .filter(name -> !tables.services().sharers(name).isEmpty())
              .forEach(changed::add);
          return wasEmpty && !changed.isEmpty();
        });
    if (isFirst) {
      deadlines.after(DELAY, this::send);
    }
  }

  private void send() {
    for (Notice notice : registry.locked(this::notices)) {
      notice.session().shared(notice.service(), notice.others(), notice.names());
    }
  }

  private List<Notice> notices(RegistryTables tables) {
    var notices = new ArrayList<Notice>();
    for (String service : changed) {
      for (Session session : tables.services().sharers(service)) {
        List<ClientIdentity> others = tables.sharers(session, service);
        notices.add(new Notice(session, service, others.size(), names(session, others)));
      }
    }
    changed.clear();
    return notices;
  }

  /** Returns some of the names, without those of other clients. */
  private static List<String> names(Session session, List<ClientIdentity> others) {
    return others.stream()
        .filter(other -> session.identity().filter(other::isOfClientOf).isPresent())
        .map(ClientIdentity::name)
        .limit(MAX_NAMES)
        .toList();
  }
}
