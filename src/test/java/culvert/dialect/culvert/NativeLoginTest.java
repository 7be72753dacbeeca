package culvert.dialect.culvert;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.Secret;
import culvert.net.Threads;
import culvert.protocol.ByeReason;
import culvert.protocol.HandshakeExchange;
import culvert.protocol.Message;
import culvert.protocol.PeerNames;
import culvert.protocol.PeerRefusedException;
import culvert.session.Dialect;
import culvert.setting.SettingWarnings;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.transport.tls.TlsClient;
import culvert.transport.tls.TlsServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Logins with every combination of the two sides' settings. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class NativeLoginTest {

  private static final SettingWarnings IGNORED = line -> {};

  /** All messages for sides with different settings; each was reviewed from its user's view. */
  private static final Set<String> MESSAGES =
      Set.of(
          "the remote proxy's --transport is tls, ws or wss and the origin proxy's is not; give"
              + " both the same",
          "the remote proxy received an unexpected message; do both sides use the same --transport?"
              + " (alert unexpected_message)",
          "the remote proxy answered 400 Bad Request instead of opening a WebSocket: do both sides"
              + " use the same --transport?; response: 'This is a tunnel's control port; it does"
              + " not serve HTTP.'",
          "the remote proxy's --transport does not encrypt and the origin proxy's does; give both"
              + " the same",
          "the remote proxy has no secret, so it cannot decrypt the origin proxy's connection;"
              + " give it the same secret",
          "the remote proxy has no secret and cannot prove its identity; configure the same secret"
              + " on both sides",
          "the remote proxy has no key, so it cannot decrypt the origin proxy's connection; give"
              + " both the same --noise-pattern",
          "the remote proxy requires a secret and the origin proxy has none; configure the same"
              + " secret on both sides",
          "the remote proxy requires the secret and a connection encrypted with it; the origin"
              + " proxy's is not: give both the same secret and --transport",
          "the remote proxy requires a connection encrypted with Noise and the origin proxy's is"
              + " not; give both the same --transport and --noise-pattern",
          "this remote proxy encrypts with NAME and the origin proxy with NAME; use a secret alone"
              + " on both sides, or the same --noise-pattern",
          "this is a Culvert peer without TLS or WebSocket, not a TLS client",
          "this is a Culvert peer without TLS or WebSocket, not a WebSocket client",
          "this is a TLS client, not a Culvert peer; an origin proxy with --transport tls or wss"
              + " starts with the same bytes",
          "this is a TLS client, not a WebSocket client; an origin proxy with --transport tls or"
              + " wss starts with the same bytes",
          "this is an HTTP client, not a Culvert peer; an origin proxy with --transport ws starts"
              + " with the same bytes",
          "this is an HTTP client, not a TLS client; an origin proxy with --transport ws starts"
              + " with the same bytes");

  @TempDir private Path folder;
  private LoginPair logins;

  @BeforeEach
  void createCertificates() throws Exception {
    logins = new LoginPair(folder);
  }

  @AfterEach
  void close() {
    logins.close();
  }

  @Test
  void equalSettingsLogInAndAllOthersReportTheDifference() throws Exception {
    Map<TransportCase, NativeDialect> remotes = new EnumMap<>(TransportCase.class);
    for (TransportCase kind : TransportCase.values()) {
      remotes.put(kind, logins.remote(kind));
    }
    var messages = new TreeSet<String>();
    for (TransportCase kind : TransportCase.values()) {
      NativeOriginDialect origin = logins.origin(kind);
      for (TransportCase other : TransportCase.values()) {
        try (var pair = Loopback.open()) {
          var outcome = logins.login(origin, pair.near(), remotes.get(other), pair.far()).close();
          String which = kind + " at the origin proxy, " + other + " at the remote proxy";
          assertThat(outcome.isLoggedIn()).as(which).isEqualTo(kind == other);
          if (kind != other) {
            messages.add(assertClear(which, outcome.origin()));
            messages.add(assertClear(which, outcome.remote()));
          }
        }
      }
    }
    assertThat(MESSAGES).as("all are in use").containsExactlyInAnyOrderElementsOf(messages);
  }

  private static String assertClear(String which, LoginPair.Side side) {
    assertThat(side.isLoggedIn()).as(which).isFalse();
    assertThat(side.failure()).as(which).isInstanceOf(IOException.class);
    String message = side.message().replaceAll("Noise_\\w+", "NAME");
    assertThat(MESSAGES).as(which).contains(message);
    return message;
  }

  @Test
  void sessionHasTheNameOfTheClient() throws Exception {
    try (var pair = Loopback.open()) {
      var outcome =
          logins.login(
              logins.origin(TransportCase.NOISE_BY_SECRET),
              pair.near(),
              logins.remote(TransportCase.NOISE_BY_SECRET),
              pair.far());
      var joined = (Dialect.Accepted.LoggedIn) outcome.remote().session().orElseThrow();
      assertThat(joined.session().identity().orElseThrow().name()).isEqualTo(LoginPair.NAME);
      outcome.close();
    }
  }

  @ParameterizedTest
  @EnumSource(names = ".*_WITH_SECRET|NOISE_BY_SECRET", mode = EnumSource.Mode.MATCH_ALL)
  void differentSecretIsRefusedOnBothSides(TransportCase kind) throws Exception {
    var other = Optional.of(Secret.of(Secret.generate()));
    try (var pair = Loopback.open()) {
      var outcome =
          logins.login(logins.origin(kind, other), pair.near(), logins.remote(kind), pair.far());
      for (LoginPair.Side side : List.of(outcome.origin(), outcome.remote())) {
        assertThat(side.failure())
            .isInstanceOf(PeerRefusedException.class)
            .hasMessageStartingWith("the secret is wrong");
        assertThat(((PeerRefusedException) side.failure()).reason())
            .isEqualTo(ByeReason.CREDENTIALS);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = ".*_WITH_SECRET|NOISE_BY_SECRET", mode = EnumSource.Mode.MATCH_ALL)
  void eachOfTheRemoteProxysSecretsIsAccepted(TransportCase kind) throws Exception {
    var first = Secret.of(Secret.generate());
    var second = Secret.of(Secret.generate());
    NativeDialect remote = logins.remote(kind, List.of(first, second));
    for (Secret secret : List.of(first, second)) {
      try (var pair = Loopback.open()) {
        var origin = logins.origin(kind, Optional.of(secret));
        var outcome = logins.login(origin, pair.near(), remote, pair.far()).close();
        assertThat(outcome.isLoggedIn()).isTrue();
      }
    }
  }

  /** A web server with a certificate in front of a remote proxy without one. */
  @ParameterizedTest
  @EnumSource(names = "WSS.*", mode = EnumSource.Mode.MATCH_ALL)
  void webSocketLogsInThroughAProxyThatTerminatesTls(TransportCase kind) throws Exception {
    TransportCase behind = TransportCase.valueOf(kind.name().replace("WSS", "WS"));
    var front =
        new TlsServer(
            logins.certificate("front"), PeerNames.ORIGIN_PROXY, false, logins.pool, IGNORED);
    try (var outside = Loopback.open();
        var inside = Loopback.open();
        var middle = ManInTheMiddle.start(() -> front.wrap(outside.far()), () -> inside.near())) {
      var outcome =
          logins.login(logins.origin(kind), outside.near(), logins.remote(behind), inside.far());
      outcome.close();
      assertThat(outcome.isLoggedIn()).as(outcome.toString()).isTrue();
      assertThat(middle.carried()).as("bytes carried").isPositive();
    }
  }

  /** The proxy has a certificate that the origin proxy trusts, as if issued by mistake. */
  @Test
  void manInTheMiddleOfTlsNeverGetsASession() throws Exception {
    var towardsOrigin =
        new TlsServer(
            logins.certificate("middle"), PeerNames.ORIGIN_PROXY, false, logins.pool, IGNORED);
    var towardsRemote =
        new TlsClient(
            logins.origin, LoginPair.ADDRESS, PeerNames.REMOTE_PROXY, false, logins.pool, IGNORED);
    for (boolean resumed : new boolean[] {false, true}) {
      try (var outside = Loopback.open();
          var inside = Loopback.open();
          var middle =
              ManInTheMiddle.start(
                  () -> towardsOrigin.wrap(outside.far()),
                  () -> towardsRemote.wrap(inside.near()))) {
        var outcome =
            logins.login(
                logins.origin(TransportCase.TLS_WITH_SECRET),
                outside.near(),
                logins.remote(TransportCase.TLS_WITH_SECRET),
                inside.far());
        assertThat(middle.carried()).as("bytes carried").isPositive();
        assertThat(outcome.origin().isLoggedIn()).as("resumed: %s", resumed).isFalse();
        assertThat(outcome.remote().isLoggedIn()).as("resumed: %s", resumed).isFalse();
        assertThat(List.of(outcome.origin().message(), outcome.remote().message()))
            .containsOnly(
                "the secret is wrong or missing, or a proxy between the two sides terminates"
                    + " TLS");
      }
    }
  }

  /** Row 36: connections of verified peers have places of their own. */
  @ParameterizedTest
  @EnumSource(TransportCase.class)
  void peerIsVerifiedOnlyByASecretOrAKeyOfItsOwn(TransportCase kind) throws Exception {
    try (var pair = Loopback.open()) {
      var outcome = logins.login(logins.origin(kind), pair.near(), logins.remote(kind), pair.far());
      assertThat(outcome.isLoggedIn()).isTrue();
      outcome.close();
    }
    boolean isProven = kind.secret || kind.isPeerKeyKnown();
    assertThat(logins.verified.sum() > 0).isEqualTo(isProven);
  }

  @ParameterizedTest
  @EnumSource(TransportCase.class)
  void peerWithAnotherSecretIsNotVerified(TransportCase kind) throws Exception {
    if (!kind.secret) {
      return;
    }
    try (var pair = Loopback.open()) {
      var stranger = logins.origin(kind, Optional.of(Secret.of("another secret of a stranger")));
      var outcome = logins.login(stranger, pair.near(), logins.remote(kind), pair.far());
      assertThat(outcome.isLoggedIn()).isFalse();
      outcome.close();
    }
    assertThat(logins.verified.sum()).isZero();
  }

  @ParameterizedTest
  @EnumSource(TransportCase.class)
  void closeDuringTheLoginIsAnErrorOnTheOtherSide(TransportCase kind) throws Exception {
    try (var pair = Loopback.open()) {
      pair.near().close();
      var side = logins.accept(logins.remote(kind), pair.far());
      assertThat(side.isLoggedIn()).isFalse();
      assertThat(side.failure()).isInstanceOf(IOException.class);
    }
    try (var pair = Loopback.open()) {
      pair.far().close();
      var side = logins.dial(logins.origin(kind), pair.near());
      assertThat(side.isLoggedIn()).isFalse();
      assertThat(side.failure()).isInstanceOf(IOException.class);
    }
  }

  /** Bytes read ahead before a refusal are in a large buffer, of which there are few. */
  @ParameterizedTest
  @EnumSource(names = "PLAIN", mode = EnumSource.Mode.EXCLUDE)
  void refusedPeerThatSendsTooMuchLeavesNoBufferInUse(TransportCase kind) throws Exception {
    NativeDialect remote = logins.remote(kind);
    for (byte[] bytes : new byte[][] {refusedLogin(), new byte[60_000]}) {
      try (var pair = Loopback.open()) {
        var accepting = new FutureTask<>(() -> logins.accept(remote, pair.far()));
        Threads.start("remote side", accepting);
        try (var outer = logins.transport(kind).wrap(pair.near())) {
          outer.output().write(bytes);
        } catch (IOException e) {
          // Refused before all bytes were written.
        }
        assertThat(accepting.get().isLoggedIn()).isFalse();
      }
      assertThat(logins.pool.borrowed()).as("buffers out").isZero();
    }
  }

  /** Returns a login that is refused at its first message, and many bytes after it. */
  private static byte[] refusedLogin() throws IOException {
    var bytes = new ByteArrayOutputStream();
    new HandshakeExchange(InputStream.nullInputStream(), bytes)
        .begin(new Message.Hello(9, 9, 1, 1, new byte[16], new byte[28], 0, "x", "plain"));
    bytes.write(new byte[60_000]);
    return bytes.toByteArray();
  }
}
