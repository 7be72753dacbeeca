package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.Deadlines;
import culvert.net.SourcePrefix;
import culvert.session.PendingStream;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Visitors without a data channel: how many are allowed, and how each ends. */
@ExtendWith(LeakCheck.class)
@Timeout(30)
class PendingVisitorsTest {

  private final PendingVisitors pending = new PendingVisitors();

  private BoreSession session(Loopback pair, Deadlines deadlines) {
    var login = new BoreSession.Login(0, Optional.empty());
    var frames = new JsonFrames(pair.far());
    return new BoreSession(pair.far(), frames, login, new BoreSessions(false), pending, deadlines);
  }

  private PendingVisitor add(BoreSession session) throws IOException {
    var visitor = new PendingVisitor(session, pending);
    pending.add(visitor);
    return visitor;
  }

  @Test
  void limitOfOneSessionLeavesCapacityForOthers() throws Exception {
    try (var pair = Loopback.open();
        var deadlines = new Deadlines()) {
      BoreSession busy = session(pair, deadlines);
      List<PendingVisitor> all = new ArrayList<>();
      for (int i = 0; i < PendingVisitors.MAX_OF_SESSION; i++) {
        all.add(add(busy));
      }
      assertThatThrownBy(() -> add(busy))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("1024 of this client");
      add(session(pair, deadlines));
      assertThat(pending.remove(all.getFirst())).isTrue();
      assertThat(pending.remove(all.getFirst())).isFalse();
      add(busy);
    }
  }

  /** Fills the places of a session that opens no data channels; returns how many it has. */
  private int fill(BoreSession session) {
    for (int n = 0; ; n++) {
      try {
        add(session);
      } catch (IOException e) {
        return n;
      }
    }
  }

  @Test
  void totalOfAllSessionsIsLimited() throws Exception {
    try (var pair = Loopback.open();
        var deadlines = new Deadlines()) {
      int total = 0;
      for (int added = 1; added > 0; total += added) {
        added = fill(session(pair, deadlines));
      }
      assertThat(total).isEqualTo(PendingVisitors.MAX_TOTAL);
      assertThatThrownBy(() -> add(session(pair, deadlines)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("4096 in total");
    }
  }

  @Test
  void sessionsThatOpenNoChannelsLeaveCapacityForOthers() throws Exception {
    try (var pair = Loopback.open();
        var deadlines = new Deadlines()) {
      int total = 0;
      for (int i = 0; i < PendingVisitors.MAX_TOTAL / PendingVisitors.MAX_OF_SESSION; i++) {
        total += fill(session(pair, deadlines));
      }
      assertThat(total).isLessThan(PendingVisitors.MAX_TOTAL - 100);
      add(session(pair, deadlines));
    }
  }

  /** Others of the source are those of origin proxies, which also connect while visitors wait. */
  @Test
  void asManyConnectionsOfASourceAreExpectedAsItsVisitorsWait() throws Exception {
    try (var pair = Loopback.open();
        var deadlines = new Deadlines()) {
      BoreSession session = session(pair, deadlines);
      var source = SourcePrefix.of(session.peer().getAddress());
      assertThat(pending.tryExpect(source)).isFalse();
      PendingVisitor visitor = add(session);
      add(session);
      var other = SourcePrefix.of(InetAddress.getByName("192.0.2.1"));
      assertThat(pending.tryExpect(other)).isFalse();
      assertThat(pending.tryExpect(source)).isTrue();
      assertThat(pending.tryExpect(source)).isTrue();
      assertThat(pending.tryExpect(source)).isFalse();
      pending.endExpected(source);
      assertThat(pending.tryExpect(source)).isTrue();
      pending.endExpected(source);
      pending.claim(visitor.id(), pair.near());
      assertThat(pending.tryExpect(source)).isFalse();
    }
  }

  /** Otherwise one failed connection would delay the visitors of this source for good. */
  @Test
  void connectionsOfASourceAreExpectedAgainAfterAPause() throws Exception {
    var shortest = new PendingVisitors(Duration.ZERO);
    try (var pair = Loopback.open();
        var deadlines = new Deadlines()) {
      BoreSession session = session(pair, deadlines);
      var source = SourcePrefix.of(session.peer().getAddress());
      for (PendingVisitors each : List.of(pending, shortest)) {
        each.add(new PendingVisitor(session, each));
        each.expectNone(SourcePrefix.of(InetAddress.getByName("192.0.2.1")));
        assertThat(each.tryExpect(source)).isTrue();
        each.endExpected(source);
        each.expectNone(source);
      }
      assertThat(pending.tryExpect(source)).isFalse();
      assertThat(shortest.tryExpect(source)).isTrue();
    }
  }

  @Test
  void cancelledVisitorStopsWaitingAtOnce() throws Exception {
    try (var pair = Loopback.open();
        var deadlines = new Deadlines()) {
      PendingVisitor gone = add(session(pair, deadlines));
      gone.cancel();
      assertThat(gone.await(Duration.ofSeconds(20)))
          .isInstanceOf(PendingStream.Outcome.Cancelled.class);
      assertThat(pending.claim(gone.id(), pair.near())).isFalse();
    }
  }

  @Test
  void endOfSessionEndsOnlyItsVisitors() throws Exception {
    try (var pair = Loopback.open();
        var deadlines = new Deadlines()) {
      BoreSession ending = session(pair, deadlines);
      PendingVisitor lost = add(ending);
      PendingVisitor waiting = add(session(pair, deadlines));
      pending.end(ending, "the client has disconnected");
      assertThat(lost.await(Duration.ofSeconds(20)))
          .isInstanceOf(PendingStream.Outcome.Refused.class);
      assertThat(pending.claim(lost.id(), pair.near())).isFalse();
      assertThat(pending.claim(waiting.id(), pair.near())).isTrue();
      assertThat(waiting.await(Duration.ofSeconds(20)))
          .isInstanceOf(PendingStream.Outcome.Accepted.class);
    }
  }

  @Test
  void channelAfterTheTimeoutClaimsNoVisitor() throws Exception {
    try (var pair = Loopback.open();
        var deadlines = new Deadlines()) {
      PendingVisitor visitor = add(session(pair, deadlines));
      assertThat(visitor.await(Duration.ofMillis(1)))
          .isInstanceOf(PendingStream.Outcome.TimedOut.class);
      assertThat(pending.claim(visitor.id(), pair.near())).isFalse();
    }
  }
}
