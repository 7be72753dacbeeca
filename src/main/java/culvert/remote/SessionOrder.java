package culvert.remote;

import culvert.config.Balance;
import culvert.net.SourcePrefix;
import culvert.session.ClientIdentity;
import culvert.session.Session;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** The order in which the sessions of one service are tried for a visitor. Thread-safe. */
final class SessionOrder {

  /**
   * A session, with what decides its position at one moment.
   *
   * @param isQuiet whether its peer has not answered a probe yet
   * @param rank sessions with a lower one come first
   */
  private record Candidate(Session session, boolean isUnhealthy, boolean isQuiet, long rank) {}

  private static final Comparator<Candidate> FIRST =
      Comparator.comparing(Candidate::isUnhealthy)
          .thenComparing(Candidate::isQuiet)
          .thenComparingLong(Candidate::rank);

  private final SessionUses uses = new SessionUses();

  /** Different for each visitor; it decides between equal sessions. */
  private final AtomicInteger turn = new AtomicInteger();

  /** Sessions whose origin server does not pass its health checks. */
  private final Set<Session> unhealthy = ConcurrentHashMap.newKeySet();

  /** Counts a visitor of the session. */
  SessionUses.Use begin(Session session) {
    return uses.begin(session);
  }

  /** Returns whether any session has visitors. */
  boolean hasVisitors() {
    return !uses.isEmpty();
  }

  /** Sets whether the session's origin server is healthy; returns whether that is a change. */
  boolean setHealthy(Session session, boolean isHealthy) {
    return isHealthy ? unhealthy.remove(session) : unhealthy.add(session);
  }

  /**
   * Returns the sessions in the order of the policy. A quiet one comes after those that respond,
   * and an unhealthy one after all others: its server is known to fail.
   *
   * @param sessions may change meanwhile
   */
  List<Session> next(Balance policy, CopyOnWriteArrayList<Session> sessions, InetAddress visitor) {
    long source = policy == Balance.SOURCE ? SourcePrefix.of(visitor).hashCode() : 0;
    var inTurn = new ArrayList<>(sessions);
    int start = Math.floorMod(turn.getAndIncrement(), Math.max(1, inTurn.size()));
    Collections.rotate(inTurn, -start);
    return inTurn.stream()
        .map(session -> candidate(policy, session, source))
        .sorted(FIRST)
        .map(Candidate::session)
        .toList();
  }

  private Candidate candidate(Balance policy, Session session, long source) {
    return new Candidate(
        session, unhealthy.contains(session), session.isQuiet(), rank(policy, session, source));
  }

  private long rank(Balance policy, Session session, long source) {
    return switch (policy) {
      case ROUND_ROBIN -> 0;
      case FEWEST_CONNECTIONS -> uses.count(session);
      case SOURCE -> weight(session, source);
    };
  }

  /**
   * Returns a weight of the pair (rendezvous hashing): if a session ends, only its own sources get
   * another one, and if it returns under its title, it gets them back. Origin proxies of different
   * clients can have one name.
   */
  private static long weight(Session session, long source) {
    return mixed(hash(session.identity().map(ClientIdentity::title).orElse("")) ^ source);
  }

  /**
   * Returns the FNV-1a hash of 64 bits. {@link String#hashCode} is equal for titles such as {@code
   * web-1b} and {@code web-2C}, whose sessions would get the visitors of a source in turn.
   */
  private static long hash(String title) {
    long hash = 0xcbf29ce484222325L;
    for (byte one : title.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ one & 0xff) * 0x100000001b3L;
    }
    return mixed(hash);
  }

  /** The last steps of MurmurHash3 for 64 bits: each bit of the result depends on all bits. */
  private static long mixed(long value) {
    long mixed = (value ^ value >>> 33) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ mixed >>> 33) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ mixed >>> 33;
  }
}
