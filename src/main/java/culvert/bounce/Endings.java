package culvert.bounce;

import culvert.net.Durations;
import culvert.net.HalfOpen;
import java.io.IOException;
import java.time.Duration;

/** Why members end, in words for an operator; the wire has its own for who does not get in. */
final class Endings {

  static final String BY_PEER = "closed by the peer";
  static final String BY_OPERATOR = "Disconnected by server";
  static final String STOPPED = "the server stopped";
  static final String WITH_PEER = "ended with its peer";
  static final String BUG = "a bug";

  private Endings() {}

  static String broken(IOException cause) {
    return "broken: " + cause.getMessage();
  }

  static String slow(Duration limit) {
    return "took nothing for " + Durations.of(limit);
  }

  static String notJoined(HalfOpen.Reason reason) {
    return "joined no group: " + reason;
  }

  static String silent(Duration limit) {
    return "half-closed and silent for " + Durations.of(limit);
  }
}
