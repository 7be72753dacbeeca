package culvert.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.TlsClientSettings;
import culvert.config.TlsIdentity;
import culvert.config.TlsServerSettings;
import culvert.config.TlsTrust;
import culvert.net.BufferPool;
import culvert.net.CloseCause;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.protocol.PeerNames;
import culvert.setting.SettingWarnings;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.MemoryPipe;
import culvert.testing.RandomBytes;
import culvert.testing.Seed;
import culvert.testing.TestAuthority;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of a connection over TLS, in both versions. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class TlsTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final HostPort ADDRESS = new HostPort("localhost", 7835);
  private static final SettingWarnings NO_WARNINGS = line -> {};
  private static final long BULK_BYTES = 64L << 20;

  @TempDir private Path folder;

  private final BufferPool pool = new BufferPool();
  private TestAuthority.Issued issued;
  private TlsServerSettings server;
  private TlsClientSettings client;

  @BeforeEach
  void certificates() throws Exception {
    var authority = new TestAuthority("Test CA");
    issued = authority.issue("server");
    server =
        new TlsServerSettings(
            new TlsIdentity.Pem(
                issued.writeChain(folder.resolve("cert.pem")),
                issued.writeKey(folder.resolve("key.pem"))),
            Optional.empty());
    Path ca = authority.own().writeChain(folder.resolve("ca.pem"));
    client =
        new TlsClientSettings(new TlsTrust.Authorities(ca), Optional.empty(), Optional.empty());
  }

  private TlsPair open(String version) throws Exception {
    return open(version, Loopback.open());
  }

  private TlsPair open(String version, Loopback carriers) throws Exception {
    var runtime = new TlsRuntime(List.of(version), pool, NO_WARNINGS, LIMIT);
    return TlsPair.open(
        new TlsClient(client, ADDRESS, PeerNames.REMOTE_PROXY, runtime),
        new TlsServer(server, PeerNames.ORIGIN_PROXY, runtime),
        carriers);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void peerMaySendAfterHalfClose(String version) throws Exception {
    try (var pair = open(version)) {
      halfClose(pair.near(), pair.far());
    }
    try (var pair = open(version)) {
      halfClose(pair.far(), pair.near());
    }
  }

  private static void halfClose(Connection first, Connection second) throws Exception {
    first.output().write(ascii("question"));
    first.closeOutput();
    assertThat(second.input().readAllBytes()).isEqualTo(ascii("question"));
    byte[] answer = new byte[100_000];
    var writer =
        start(
            "answering",
            () -> {
              second.output().write(answer);
              second.closeOutput();
              return null;
            });
    assertThat(first.input().readAllBytes()).isEqualTo(answer);
    writer.get();
    assertThat(first.closeCause()).isEmpty();
    assertThat(second.closeCause()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void resetIsAnErrorForThePeer(String version) throws Exception {
    try (var pair = open(version)) {
      pair.near().output().write(ascii("half"));
      assertThat(pair.far().input().readNBytes(4)).isEqualTo(ascii("half"));
      pair.near().reset();
      assertThatThrownBy(() -> pair.far().input().read()).isInstanceOf(IOException.class);
      assertThat(pair.far().closeCause()).contains(CloseCause.RESET);
    }
  }

  /** An attacker can end the carrier; a truncated download must not look complete. */
  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void endOfCarrierWithoutCloseNotifyIsAnError(String version) throws Exception {
    try (var pair = open(version)) {
      pair.near().output().write(ascii("half"));
      pair.carriers().near().closeOutput();
      assertThat(pair.far().input().readNBytes(4)).isEqualTo(ascii("half"));
      assertThatThrownBy(() -> pair.far().input().read())
          .hasMessage(
              "the origin proxy ended the connection without a TLS close_notify: data may have been"
                  + " truncated");
      assertThat(pair.far().closeCause()).contains(CloseCause.RESET);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void bulkIsTransferredInBothDirectionsAtOnce(String version) throws Exception {
    try (var pair = open(version)) {
      var sums = new ArrayList<FutureTask<Long>>();
      for (Connection end : List.of(pair.near(), pair.far())) {
        sums.add(
            start(
                "sending",
                () -> {
                  long sum =
                      new RandomBytes(end.peer().getPort()).send(end.output(), BULK_BYTES).sum();
                  end.closeOutput();
                  return sum;
                }));
      }
      for (Connection end : List.of(pair.far(), pair.near())) {
        sums.add(start("receiving", () -> RandomBytes.receive(end.input())));
      }
      assertThat(sums.get(2).get()).isEqualTo(sums.get(0).get());
      assertThat(sums.get(3).get()).isEqualTo(sums.get(1).get());
    }
    assertThat(pool.borrowed()).as("buffers borrowed").isZero();
  }

  /** A byte that was held back for more to follow would never arrive. */
  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void smallWriteIsSentAtOnce(String version) throws Exception {
    try (var pair = open(version)) {
      for (int i = 0; i < 500; i++) {
        pair.near().output().write(i);
        pair.far().output().write(pair.far().input().read() + 1);
        assertThat(pair.near().input().read()).isEqualTo((i & 0xff) + 1 & 0xff);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void recordsAreReadWithBuffersOfAnySize(String version) throws Exception {
    var random = Seed.random("TlsTest");
    byte[] sent = new byte[300_000];
    random.nextBytes(sent);
    try (var pair = open(version)) {
      var writer =
          start(
              "writing",
              () -> {
                for (int at = 0; at < sent.length; ) {
                  int n = Math.min(1 + random.nextInt(40_000), sent.length - at);
                  pair.near().output().write(sent, at, n);
                  at += n;
                }
                pair.near().closeOutput();
                return null;
              });
      var received = new ByteArrayOutputStream();
      byte[] piece = new byte[20_000];
      int n = 0;
      for (int turn = 1; n >= 0; turn = turn * 3 % 19_997) {
        received.write(piece, 0, n);
        n = pair.far().input().read(piece, 0, turn);
      }
      assertThat(received.toByteArray()).isEqualTo(sent);
      writer.get();
    }
  }

  /** The carrier accepts a few bytes at a time, so that every record arrives in pieces. */
  @Test
  void handshakeAndRecordsArriveInPieces() throws Exception {
    var pipe = new MemoryPipe(1 << 16, 3);
    var accepting =
        TlsPair.accept(
            new TlsServer(server, PeerNames.ORIGIN_PROXY, false, pool, NO_WARNINGS), pipe.far());
    Connection near =
        new TlsClient(client, ADDRESS, PeerNames.REMOTE_PROXY, false, pool, NO_WARNINGS)
            .wrap(pipe.near());
    Connection far = accepting.get().connection();
    near.output().write(new byte[10_000]);
    assertThat(far.input().readNBytes(10_000)).hasSize(10_000);
    far.output().write(7);
    assertThat(near.input().read()).isEqualTo(7);
    near.close();
    far.close();
  }

  @Test
  void twoHundredConnectionsSucceedOneAfterTheOther() throws Exception {
    var dialling = new TlsClient(client, ADDRESS, PeerNames.REMOTE_PROXY, false, pool, NO_WARNINGS);
    var accepting = new TlsServer(server, PeerNames.ORIGIN_PROXY, false, pool, NO_WARNINGS);
    for (int i = 0; i < 200; i++) {
      try (var pair = TlsPair.open(dialling, accepting)) {
        pair.near().output().write(i);
        pair.near().closeOutput();
        assertThat(pair.far().input().readAllBytes()).containsExactly(i);
      }
    }
    assertThat(pool.borrowed()).as("buffers borrowed").isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"close", "reset"})
  void closeAndResetEndBlockedWriter(String how) throws Exception {
    try (var pair = open("TLSv1.3", Loopback.open(8192))) {
      var blocked =
          new FutureTask<Void>(() -> {
            while (true) {
              pair.near().output().write(new byte[64 * 1024]);
            }
          });
      Thread thread = Threads.start("blocked", blocked);
      Eventually.within(LIMIT, () -> assertThat(thread.getState()).isEqualTo(Thread.State.WAITING));
      if (how.equals("close")) {
        pair.near().close();
      } else {
        pair.near().reset();
      }
      assertThatThrownBy(() -> blocked.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(IOException.class);
    }
    assertThat(pool.borrowed()).as("buffers borrowed").isZero();
  }

  @Test
  void closeEndsBlockedReader() throws Exception {
    try (var pair = open("TLSv1.3")) {
      var blocked = new FutureTask<>(() -> pair.near().input().read());
      Thread thread = Threads.start("blocked", blocked);
      Eventually.within(LIMIT, () -> assertThat(thread.getState()).isEqualTo(Thread.State.WAITING));
      pair.near().close();
      assertThatThrownBy(() -> blocked.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(IOException.class);
    }
  }

  /** RFC 5929, 4.1: the certificate's hash by the function it is signed with. */
  @Test
  void channelBindingIsHashOfServerCertificateOnBothSides() throws Exception {
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(issued.certificate().getEncoded());
    var dialling = new TlsClient(client, ADDRESS, PeerNames.REMOTE_PROXY, false, pool, NO_WARNINGS);
    var accepting = new TlsServer(server, PeerNames.ORIGIN_PROXY, false, pool, NO_WARNINGS);
    for (int i = 0; i < 2; i++) {
      try (var pair = TlsPair.open(dialling, accepting)) {
        assertThat(pair.near().channelBinding()).as("round %d", i).isEqualTo(hash);
        assertThat(pair.far().channelBinding()).as("round %d", i).isEqualTo(hash);
        pair.near().output().write(1);
        pair.far().output().write(pair.far().input().read());
        assertThat(pair.near().input().read()).isEqualTo(1);
      }
    }
    try (var plain = Loopback.open()) {
      assertThat(plain.near().channelBinding()).isEmpty();
    }
  }

  private static <T> FutureTask<T> start(String name, Callable<T> work) {
    var task = new FutureTask<>(work);
    Threads.start(name, task);
    return task;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
