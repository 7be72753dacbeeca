package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.SilentPeerException;
import culvert.origin.Outcome.Kind;
import culvert.protocol.ByeReason;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import culvert.session.SessionEndedException;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OutcomeTest {

  private static Kind kind(IOException cause, boolean isRemoteProxy) {
    return Outcome.failed(cause, isRemoteProxy, Duration.ZERO).kind();
  }

  @Test
  void refusedCredentialsAreTheBounceServersBeforeTheRemoteProxyIsReached() {
    var refused = PeerRefusedException.byPeer(ByeReason.CREDENTIALS, "wrong secret");
    assertThat(kind(refused, true)).isEqualTo(Kind.LOGIN_REFUSED);
    assertThat(kind(refused, false)).isEqualTo(Kind.BOUNCE_LOGIN_REFUSED);
  }

  @Test
  void headlineNamesTheSideThatRefused() {
    IOException byPeer = PeerRefusedException.byPeer(ByeReason.CREDENTIALS, "the secret is wrong");
    IOException byThisSide = new PeerRefusedException(ByeReason.CREDENTIALS, "not the pinned key");
    assertThat(event(byPeer, true)).isEqualTo("login refused by remote proxy");
    assertThat(event(byPeer, false)).isEqualTo("login refused by bounce server");
    assertThat(event(byThisSide, true)).isEqualTo("remote proxy rejected");
    assertThat(event(byThisSide, false)).isEqualTo("bounce server rejected");
  }

  private static String event(IOException cause, boolean isRemoteProxy) {
    return Outcome.failed(cause, isRemoteProxy, Duration.ZERO).event();
  }

  @Test
  void exceptionsOfALostSessionHaveTheirKinds() {
    assertThat(kind(new SilentPeerException("silent"), true)).isEqualTo(Kind.SILENT);
    assertThat(kind(new SessionEndedException("closed"), true)).isEqualTo(Kind.ENDED);
    assertThat(kind(new PeerRefusedException(ByeReason.SUPERSEDED, "taken"), true))
        .isEqualTo(Kind.SUPERSEDED);
    assertThat(kind(new PeerRefusedException(ByeReason.BUSY, "full"), true)).isEqualTo(Kind.LOST);
    assertThat(kind(new ProtocolException("bad frame"), true)).isEqualTo(Kind.LOST);
    assertThat(kind(new IOException("reset"), true)).isEqualTo(Kind.LOST);
  }

  @Test
  void eventDependsOnWhetherTheSessionServed() {
    var lost = new Outcome(Kind.LOST, "reset", Duration.ofSeconds(1));
    assertThat(lost.event()).isEqualTo("session lost");
    assertThat(Outcome.lost("reset").event()).isEqualTo("session not started");
  }
}
