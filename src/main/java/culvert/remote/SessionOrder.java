package culvert.remote;

import culvert.config.Balance;
import culvert.net.SourcePrefix;
import culvert.session.ClientIdentity;
import culvert.session.Session;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/** The order in which the sessions that share a service are tried for a visitor. */
final class SessionOrder {

  /**
   * A session, with what decides its position at one moment.
   *
   * @param isQuiet whether its peer has not answered a probe yet
   * @param rank sessions with a lower one come first
   */
  private record Candidate(Session session, boolean isQuiet, long rank) {}

  private SessionOrder() {}

  /**
   * Returns the sessions in the order of the policy. A quiet one comes after all others.
   *
   * @param turn a number that is different for each visitor; it decides between equal ones
   */
  static List<Session> of(
      Balance policy, List<Session> sessions, int turn, SessionUses uses, SourcePrefix source) {
    var inTurn = new ArrayList<>(sessions);
    Collections.rotate(inTurn, -Math.floorMod(turn, Math.max(1, sessions.size())));
    return inTurn.stream()
        .map(session ->
            new Candidate(session, session.isQuiet(), rank(policy, session, uses, source)))
        .sorted(Comparator.comparing(Candidate::isQuiet).thenComparingLong(Candidate::rank))
        .map(Candidate::session)
        .toList();
  }

  private static long rank(Balance policy, Session session, SessionUses uses, SourcePrefix source) {
    return switch (policy) {
      case ROUND_ROBIN -> 0;
      case FEWEST_CONNECTIONS -> uses.count(session);
      case SOURCE -> weight(session, source);
    };
  }

  /**
   * Returns a weight of the pair (rendezvous hashing): if a session ends, only its own sources get
   * another one, and if it returns under its name, it gets them back.
   */
  private static long weight(Session session, SourcePrefix source) {
    int name = session.identity().map(ClientIdentity::name).orElse("").hashCode();
    return mixed(mixed(name) ^ source.hashCode());
  }

  /** The last steps of MurmurHash3 for 64 bits: each bit of the result depends on all bits. */
  private static long mixed(long value) {
    long mixed = (value ^ value >>> 33) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ mixed >>> 33) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ mixed >>> 33;
  }
}
