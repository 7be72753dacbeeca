package culvert.accept;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.Deadlines;
import culvert.net.HandshakeLimiter;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.protocol.ByeReason;
import culvert.protocol.ExpectedPeer;
import culvert.protocol.ForeignPeer;
import culvert.protocol.ForeignPeerException;
import culvert.protocol.PeerNames;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.TestLog;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
@Timeout(60)
class HandshakeFailuresTest {

  private final TestLog log = new TestLog();
  private final Counters counters = new Counters();
  private final Deadlines deadlines = new Deadlines();
  private final HandshakeFailures failures =
      new HandshakeFailures("member", Duration.ofMinutes(1), deadlines, counters, log.log());
  private Loopback pair;

  @BeforeEach
  void open() throws IOException {
    pair = Loopback.open();
  }

  @AfterEach
  void close() {
    pair.close();
    deadlines.close();
    log.close();
  }

  /** Returns what the peer receives before the connection is closed. */
  private byte[] handle(IOException cause, Optional<HandshakeLimiter.Reason> slotLoss)
      throws IOException {
    pair.far().closeOutput();
    failures.handle(pair.near(), cause, slotLoss);
    return pair.far().input().readAllBytes();
  }

  private byte[] handle(IOException cause) throws IOException {
    return handle(cause, Optional.empty());
  }

  @Test
  void foreignPeerIsAnsweredInItsOwnProtocol() throws Exception {
    var foreign =
        new ForeignPeerException(ForeignPeer.HTTP, ExpectedPeer.CULVERT, PeerNames.MEMBER);
    assertThat(handle(foreign)).isNotEmpty().isEqualTo(foreign.answer());
    assertThat(counters.get(Counter.FOREIGN_PEERS)).isEqualTo(1);
    log.await("WARN", "foreign protocol rejected", "an HTTP client");
  }

  @Test
  void refusedLoginIsLoggedWithTheKindOfPeer() throws Exception {
    assertThat(handle(new PeerRefusedException(ByeReason.CREDENTIALS, "wrong secret"))).isEmpty();
    assertThat(counters.get(Counter.REFUSED_PEERS)).isEqualTo(1);
    log.await("WARN", "member rejected", "wrong secret");
  }

  @Test
  void protocolErrorIsCounted() throws Exception {
    assertThat(handle(new ProtocolException("invalid frame"))).isEmpty();
    assertThat(counters.get(Counter.PROTOCOL_ERRORS)).isEqualTo(1);
    log.await("WARN", "handshake failed", "invalid frame");
  }

  @Test
  void lostSlotIsReportedInsteadOfTheReadThatFailed() throws Exception {
    assertThat(handle(new IOException("closed"), Optional.of(HandshakeLimiter.Reason.TIMEOUT)))
        .isEmpty();
    log.await("WARN", "handshake not completed", "handshake timeout");
  }

  @Test
  void peerThatDisconnectsIsLoggedAtDebugOnly() throws Exception {
    assertThat(handle(new IOException("connection reset"))).isEmpty();
    log.await("DEBUG", "handshake aborted", "connection reset");
    assertThat(counters.fields()).isEmpty();
  }

  @Test
  void oneSourceGetsOneLogLineInAPeriod() throws Exception {
    failures.logRejected(pair.near(), "first");
    failures.logRejected(pair.near(), "second");
    log.close();
    assertThat(log.text()).contains("first").doesNotContain("second");
    assertThat(counters.get(Counter.LOG_LINES_SUPPRESSED)).isEqualTo(1);
  }
}
