package culvert.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.TlsServerSettings;
import culvert.config.TlsTrust;
import culvert.net.Connection;
import culvert.net.Threads;
import culvert.protocol.PeerNames;
import culvert.protocol.ProtocolException;
import culvert.setting.SettingNames;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.transport.RecordDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Key updates during transfers (RFC 8446, 4.6.3). */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class TlsKeysTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  @TempDir private Path folder;

  private TlsSetup tls;
  private TlsServer server;
  private SSLEngine engine;
  private String[] versions = {TlsContext.TLS_13};

  @BeforeEach
  void setUp() throws Exception {
    tls = new TlsSetup(folder);
    server = tls.server(tls.good());
  }

  /** Wraps the dialling side and keeps its engine for the test. */
  private Connection dial(Connection carrier) throws IOException {
    var server = PeerNames.REMOTE_PROXY;
    var side = TlsSide.dialling(server, SettingNames.FLAGS);
    var trust =
        AuthorityTrust.ofServers(
            side,
            ServerName.of("localhost"),
            AuthorityLoader.load(new TlsTrust.Authorities(tls.ca), server));
    engine = TlsContext.of(Optional.empty(), Optional.of(trust)).createSSLEngine();
    engine.setUseClientMode(true);
    engine.setEnabledProtocols(versions);
    return new TlsHandshake(engine, carrier, side, new byte[0], 1 << 16)
        .complete(tls.pool, session -> new byte[0]);
  }

  @Test
  void readerAnswersKeyUpdate() throws Exception {
    try (var pair = TlsPair.open(this::dial, server)) {
      var echo =
          start(() -> {
            for (int i = 0; i < 6; i++) {
              assertThat(pair.far().input().read()).isEqualTo(i);
            }
            return null;
          });
      var waiting = start(() -> pair.near().input().read());
      for (int i = 0; i < 6; i++) {
        long before = pair.near().received();
        engine.beginHandshake();
        pair.near().output().write(i);
        Eventually.within(
            LIMIT, () -> assertThat(pair.near().received()).as("answer").isGreaterThan(before));
      }
      echo.get();
      pair.far().output().write(77);
      assertThat(waiting.get()).isEqualTo(77);
    }
  }

  @Test
  void bulkContinuesDuringKeyUpdates() throws Exception {
    byte[] piece = new byte[250_000];
    // Fewer than the limit on records without payload: all answers may have to wait for the bulk.
    int pieces = 40;
    try (var pair = TlsPair.open(this::dial, server)) {
      var forth = start(() -> pair.far().input().readAllBytes().length);
      var back = start(() -> pair.near().input().readAllBytes().length);
      var writing =
          start(() -> {
            for (int i = 0; i < pieces; i++) {
              pair.far().output().write(piece);
            }
            return null;
          });
      for (int i = 0; i < pieces; i++) {
        engine.beginHandshake();
        pair.near().output().write(piece);
      }
      writing.get();
      // Only now: an SSLEngine that received the end cannot request a key update.
      pair.far().closeOutput();
      pair.near().closeOutput();
      assertThat(forth.get()).isEqualTo(pieces * piece.length);
      assertThat(back.get()).isEqualTo(pieces * piece.length);
    }
  }

  /** The engine has one state for both directions, which said that a handshake is under way. */
  @Test
  void endOfTheOutputInTls12IsNotTakenForAHandshakeOfThePeer() throws Exception {
    versions = new String[] {"TLSv1.2"};
    server = tls.server(new TlsServerSettings(tls.good(), Optional.empty()), versions);
    try (var carriers = Loopback.open();
        var pair = TlsPair.open(this::dial, server, carriers)) {
      pair.far().output().write(5);
      ByteBuffer record = ByteBuffer.allocate(1000);
      carriers.near().input().read(record);
      var side = TlsSide.dialling(PeerNames.REMOTE_PROXY, SettingNames.FLAGS);
      var closeNotify = new DeferredCloseNotify(engine, side);
      closeNotify.prepareEnd();
      engine.closeOutbound();
      ByteBuffer target = ByteBuffer.allocate(1 << 15);
      assertThat(
              new TlsRecordDecoder(engine, side, closeNotify, true).decode(record.flip(), target))
          .isEqualTo(RecordDecoder.Result.DECODED);
      assertThat(target.flip()).isEqualTo(ByteBuffer.wrap(new byte[] {5}));
    }
  }

  @Test
  void keyUpdateAfterHalfCloseIsNotAnswered() throws Exception {
    try (var pair = TlsPair.open(this::dial, server)) {
      pair.far().closeOutput();
      long sent = pair.far().sent();
      for (int i = 0; i < 3; i++) {
        engine.beginHandshake();
        pair.near().output().write(i);
        assertThat(pair.far().input().read()).isEqualTo(i);
      }
      assertThat(pair.far().sent()).isEqualTo(sent);
      assertThat(pair.near().input().read()).isEqualTo(-1);
      pair.near().closeOutput();
      assertThat(pair.far().input().read()).isEqualTo(-1);
      assertThat(pair.far().closeCause()).isEmpty();
    }
  }

  /** The answers would accumulate if the peer requests them and does not read them. */
  @Test
  void floodOfKeyUpdatesEndsConnection() throws Exception {
    try (var carriers = Loopback.open()) {
      var accepting = TlsPair.accept(server, carriers.far());
      dial(carriers.near());
      Connection far = accepting.get().connection();
      ByteBuffer records = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
      for (int i = 0; i < 100; i++) {
        engine.beginHandshake();
        engine.wrap(ByteBuffer.allocate(0), records.clear());
        carriers.near().output().write(records.flip());
      }
      assertThatThrownBy(() -> far.input().read())
          .isInstanceOf(ProtocolException.class)
          .hasMessage("the origin proxy sent 65 TLS records without payload");
      far.close();
    }
  }

  private static <T> FutureTask<T> start(Callable<T> work) {
    var task = new FutureTask<>(work);
    Threads.start("keys", task);
    return task;
  }
}
