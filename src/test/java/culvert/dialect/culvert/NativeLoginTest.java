package culvert.dialect.culvert;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.Secret;
import culvert.net.Threads;
import culvert.protocol.ByeReason;
import culvert.protocol.HandshakeExchange;
import culvert.protocol.Message;
import culvert.protocol.PeerNames;
import culvert.protocol.RefusedException;
import culvert.session.Dialect;
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
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every way to set up one side against every way to set up the other. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class NativeLoginTest {

  private static final Consumer<String> NOBODY = line -> {};

  /** What sides that do not fit may be told: each was read as its user would. */
  private static final Set<String> SENTENCES =
      Set.of(
          "the remote proxy's --transport is tls, ws or wss and the origin proxy's is not; give"
              + " both the same",
          "the remote proxy received an unexpected message; do both sides use the same --transport?"
              + " (alert unexpected_message)",
          "the remote proxy answered 400 Bad Request instead of opening a WebSocket: does it use"
              + " the same --transport?; response: 'This is a tunnel's control port; it does not"
              + " speak HTTP.'",
          "the remote proxy's --transport seals nothing and the origin proxy's does; give both the"
              + " same",
          "the remote proxy has no secret, so it cannot open what the origin proxy seals; give it"
              + " the same secret",
          "the remote proxy has no secret and cannot prove its identity; configure the same secret"
              + " on both sides",
          "the remote proxy has no key, so it cannot open what the origin proxy seals; give both"
              + " the same --noise-pattern",
          "the remote proxy requires a secret and the origin proxy has none; configure the same"
              + " secret on both sides",
          "the remote proxy wants the secret, and the connection sealed with it; the origin proxy"
              + " came without: give both the same secret and --transport",
          "the remote proxy wants the connection sealed with Noise and the origin proxy came"
              + " without; give both the same --transport and --noise-pattern",
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
  private LoginPair gates;

  @BeforeEach
  void certificates() throws Exception {
    gates = new LoginPair(folder);
  }

  @AfterEach
  void stop() {
    gates.close();
    assertThat(gates.pool.borrowed()).as("buffers out").isZero();
  }

  @Test
  void sidesThatAreSetUpAlikeJoinAndAllOthersReadWhyNot() throws Exception {
    Map<TransportCase, NativeDialect> remotes = new EnumMap<>(TransportCase.class);
    for (TransportCase kind : TransportCase.values()) {
      remotes.put(kind, gates.remote(kind));
    }
    var told = new TreeSet<String>();
    for (TransportCase kind : TransportCase.values()) {
      NativeDialect origin = gates.origin(kind);
      for (TransportCase other : TransportCase.values()) {
        try (var pair = Loopback.open()) {
          var outcome = gates.login(origin, pair.near(), remotes.get(other), pair.far()).close();
          String which = kind + " at the origin proxy, " + other + " at the remote proxy";
          assertThat(outcome.isLoggedIn()).as(which).isEqualTo(kind == other);
          if (kind != other) {
            told.add(clear(which, outcome.origin()));
            told.add(clear(which, outcome.remote()));
          }
        }
      }
    }
    assertThat(SENTENCES).as("all are in use").containsExactlyInAnyOrderElementsOf(told);
  }

  private static String clear(String which, LoginPair.Side side) {
    assertThat(side.isLoggedIn()).as(which).isFalse();
    assertThat(side.failure()).as(which).isInstanceOf(IOException.class);
    String sentence = side.message().replaceAll("Noise_\\w+", "NAME");
    assertThat(SENTENCES).as(which).contains(sentence);
    return sentence;
  }

  @Test
  void aSessionKnowsWhoLoggedIn() throws Exception {
    try (var pair = Loopback.open()) {
      var outcome =
          gates.login(
              gates.origin(TransportCase.NOISE_BY_SECRET),
              pair.near(),
              gates.remote(TransportCase.NOISE_BY_SECRET),
              pair.far());
      var joined = (Dialect.Accepted.LoggedIn) outcome.remote().session().orElseThrow();
      assertThat(joined.session().identity().orElseThrow().name()).isEqualTo(LoginPair.NAME);
      outcome.close();
    }
  }

  @ParameterizedTest
  @EnumSource(names = ".*_WITH_SECRET|NOISE_BY_SECRET", mode = EnumSource.Mode.MATCH_ALL)
  void anotherSecretIsRefusedOnBothSides(TransportCase kind) throws Exception {
    var other = Optional.of(Secret.of(Secret.generate()));
    try (var pair = Loopback.open()) {
      var outcome =
          gates.login(gates.origin(kind, other), pair.near(), gates.remote(kind), pair.far());
      for (LoginPair.Side side : List.of(outcome.origin(), outcome.remote())) {
        assertThat(side.failure())
            .isInstanceOf(RefusedException.class)
            .hasMessageStartingWith("the secret is wrong");
        assertThat(((RefusedException) side.failure()).reason()).isEqualTo(ByeReason.CREDENTIALS);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = ".*_WITH_SECRET|NOISE_BY_SECRET", mode = EnumSource.Mode.MATCH_ALL)
  void anyOfTheRemoteProxysSecretsLetsIn(TransportCase kind) throws Exception {
    var first = Secret.of(Secret.generate());
    var second = Secret.of(Secret.generate());
    NativeDialect remote = gates.remote(kind, List.of(first, second));
    for (Secret secret : List.of(first, second)) {
      try (var pair = Loopback.open()) {
        var origin = gates.origin(kind, Optional.of(secret));
        var outcome = gates.login(origin, pair.near(), remote, pair.far()).close();
        assertThat(outcome.isLoggedIn()).isTrue();
      }
    }
  }

  /** A web server with a certificate in front of a remote proxy without one. */
  @ParameterizedTest
  @EnumSource(names = "WSS.*", mode = EnumSource.Mode.MATCH_ALL)
  void webSocketsMeetWhereSomethingInBetweenTakesCareOfTls(TransportCase kind) throws Exception {
    TransportCase behind = TransportCase.valueOf(kind.name().replace("WSS", "WS"));
    var front =
        new TlsServer(
            gates.certificate("front"), PeerNames.ORIGIN_PROXY, false, gates.pool, NOBODY);
    try (var outside = Loopback.open();
        var inside = Loopback.open();
        var middle = ManInTheMiddle.start(() -> front.wrap(outside.far()), () -> inside.near())) {
      var outcome =
          gates.login(gates.origin(kind), outside.near(), gates.remote(behind), inside.far());
      outcome.close();
      assertThat(outcome.isLoggedIn()).as(outcome.toString()).isTrue();
      assertThat(middle.carried()).as("bytes went through it").isPositive();
    }
  }

  /** With a certificate that the origin proxy trusts, as of an authority that was tricked. */
  @Test
  void somebodyInTheMiddleOfTlsNeverGetsASession() throws Exception {
    var towardsOrigin =
        new TlsServer(
            gates.certificate("middle"), PeerNames.ORIGIN_PROXY, false, gates.pool, NOBODY);
    var towardsRemote =
        new TlsClient(
            gates.origin, LoginPair.ADDRESS, PeerNames.REMOTE_PROXY, false, gates.pool, NOBODY);
    for (boolean resumed : new boolean[] {false, true}) {
      try (var outside = Loopback.open();
          var inside = Loopback.open();
          var middle =
              ManInTheMiddle.start(
                  () -> towardsOrigin.wrap(outside.far()),
                  () -> towardsRemote.wrap(inside.near()))) {
        var outcome =
            gates.login(
                gates.origin(TransportCase.TLS_WITH_SECRET),
                outside.near(),
                gates.remote(TransportCase.TLS_WITH_SECRET),
                inside.far());
        assertThat(middle.carried()).as("bytes went through it").isPositive();
        assertThat(outcome.origin().isLoggedIn()).as("resumed: %s", resumed).isFalse();
        assertThat(outcome.remote().isLoggedIn()).as("resumed: %s", resumed).isFalse();
        assertThat(List.of(outcome.origin().message(), outcome.remote().message()))
            .containsOnly(
                "the secret is wrong or missing, or a proxy between the two sides terminates"
                    + " TLS");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(TransportCase.class)
  void aCloseInTheMiddleOfALoginIsAnErrorOnTheOtherSide(TransportCase kind) throws Exception {
    try (var pair = Loopback.open()) {
      pair.near().close();
      var side = gates.accept(gates.remote(kind), pair.far());
      assertThat(side.isLoggedIn()).isFalse();
      assertThat(side.failure()).isInstanceOf(IOException.class);
    }
    try (var pair = Loopback.open()) {
      pair.far().close();
      var side = gates.dial(gates.origin(kind), pair.near());
      assertThat(side.isLoggedIn()).isFalse();
      assertThat(side.failure()).isInstanceOf(IOException.class);
    }
  }

  /** What was read ahead of a refusal lies in a large buffer, of which there are not many. */
  @ParameterizedTest
  @EnumSource(names = "PLAIN", mode = EnumSource.Mode.EXCLUDE)
  void aStrangerWhoSendsTooMuchTakesNoBufferAlong(TransportCase kind) throws Exception {
    NativeDialect remote = gates.remote(kind);
    for (byte[] words : new byte[][] {stranger(), new byte[60_000]}) {
      try (var pair = Loopback.open()) {
        var accepting = new FutureTask<>(() -> gates.accept(remote, pair.far()));
        Threads.start("remote side", accepting);
        try (var outer = gates.transport(kind).wrap(pair.near())) {
          outer.output().write(words);
        } catch (IOException e) {
          // It was refused in the middle of them.
        }
        assertThat(accepting.get().isLoggedIn()).isFalse();
      }
      assertThat(gates.pool.borrowed()).as("buffers out").isZero();
    }
  }

  /** A login that is refused at its first message, and much behind it. */
  private static byte[] stranger() throws IOException {
    var said = new ByteArrayOutputStream();
    new HandshakeExchange(InputStream.nullInputStream(), said)
        .begin(new Message.Hello(9, 9, 1, 1, new byte[16], new byte[32], "x", "plain"));
    said.write(new byte[60_000]);
    return said.toByteArray();
  }
}
