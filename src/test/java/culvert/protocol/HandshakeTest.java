package culvert.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.Threads;
import culvert.testing.BareLogin;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.EOFException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.FutureTask;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Two peers over one socket: successful logins, and the reasons that refused peers receive. */
@ExtendWith(LeakCheck.class)
class HandshakeTest {

  static final byte[] ORIGIN = Handshake.newInstance();
  static final byte[] REMOTE = Handshake.newInstance();
  static final Optional<SecretKey> SECRET = secret("correct horse");

  private static final Handshake.Channel PROVEN =
      new Handshake.Channel("noise", new byte[0], true, true);

  @Test
  void equalSecretsCompleteLogin() throws Exception {
    var ends = shake(origin(SECRET), remote(SECRET), false);
    learnedEachOther(ends);
  }

  @Test
  void loginSucceedsWithoutSecrets() throws Exception {
    learnedEachOther(shake(origin(Optional.empty()), remote(Optional.empty()), false));
  }

  @Test
  void singleByteReadsCompleteLogin() throws Exception {
    learnedEachOther(shake(origin(SECRET), remote(SECRET), true));
  }

  @Test
  void wrongSecretIsRefusedWithReasonOnBothSides() throws Exception {
    var ends = shake(origin(secret("wrong")), remote(SECRET), false);
    refusedFor(ends[0], ByeReason.CREDENTIALS, "the secret is wrong or missing");
    refusedFor(ends[1], ByeReason.CREDENTIALS, "the secret is wrong or missing");
  }

  @Test
  void secretOnRemoteSideOnlyIsRefusedWithReason() throws Exception {
    String text =
        "the remote proxy requires a secret and the origin proxy has none; configure the same"
            + " secret on both sides";
    var ends = shake(origin(Optional.empty()), remote(SECRET), false);
    refusedFor(ends[0], ByeReason.CREDENTIALS, text);
    refusedFor(ends[1], ByeReason.CREDENTIALS, text);
  }

  @Test
  void secretOnOriginSideOnlyIsRefusedWithReason() throws Exception {
    String text =
        "the remote proxy has no secret and cannot prove its identity; configure the same secret on"
            + " both sides";
    var ends = shake(origin(SECRET), remote(Optional.empty()), false);
    refusedFor(ends[0], ByeReason.CREDENTIALS, text);
    refusedFor(ends[1], ByeReason.CREDENTIALS, text);
  }

  @Test
  void bothSidesUseTheFeaturesThatBothHave() throws Exception {
    for (Set<Feature> ofOrigin :
        List.of(
            Feature.all(),
            Set.of(Feature.UDP),
            Set.of(Feature.SHARING),
            Set.of(Feature.HEALTH),
            Set.<Feature>of())) {
      var ends = shake(with(origin(SECRET), ofOrigin, 2), remote(SECRET), false);
      assertThat(ends[0].get().features()).isEqualTo(ofOrigin);
      assertThat(ends[1].get().features()).isEqualTo(ofOrigin);
    }
  }

  @Test
  void versionOneHasNoFeatures() throws Exception {
    for (int highest : new int[] {1, 2}) {
      var ends =
          shake(
              with(origin(SECRET), Feature.all(), 3 - highest),
              with(remote(SECRET), Feature.all(), highest),
              false);
      assertThat(ends[0].get().version()).isEqualTo(1);
      assertThat(ends[0].get().features()).isEmpty();
      assertThat(ends[1].get().features()).isEmpty();
    }
  }

  private static Handshake.Local with(Handshake.Local self, Set<Feature> features, int version) {
    return new Handshake.Local(
        self.instance(),
        self.opens(),
        self.streams(),
        self.name(),
        self.secrets(),
        version,
        features);
  }

  /** It does not know the frame CLIENT, and sends nothing before it closes the connection. */
  @Test
  void endAfterTheNameOfAClientSuggestsAnOldRemoteProxy() {
    var exchange =
        new HandshakeExchange(
            InputStream.nullInputStream(), OutputStream.nullOutputStream(), Optional.of("vienna"));
    assertThatThrownBy(() -> Handshake.dial(origin(SECRET), Handshake.Channel.PLAIN, exchange))
        .isInstanceOf(EOFException.class)
        .hasMessage(
            "the peer closed the connection during the handshake; a remote proxy that is too old"
                + " for --client-name closes it too: update it, or log in without");
  }

  @Test
  void instanceIdsAreRandom() {
    assertThat(ORIGIN).hasSize(Message.INSTANCE_BYTES).isNotEqualTo(REMOTE);
  }

  @Test
  void loginThatFailsTheCheckOfTheProcessSendsNoProof() throws Exception {
    try (var pair = Loopback.open()) {
      var accept = new FutureTask<>(() -> acceptWithin(pair));
      Thread helper = Threads.start("accept", accept);
      Handshake.InstanceCheck check =
          instance -> {
            throw new IOException("not " + HexFormat.of().formatHex(instance));
          };
      assertThatThrownBy(() -> dialWithin(pair, check))
          .hasMessage("not " + HexFormat.of().formatHex(REMOTE));
      pair.near().close();
      helper.join();
      assertThatThrownBy(accept::get).cause().isInstanceOf(EOFException.class);
    }
  }

  @Test
  void loginThatPassesTheCheckOfTheProcessIsCompleted() throws Exception {
    try (var pair = Loopback.open()) {
      var accept = new FutureTask<>(() -> acceptWithin(pair));
      Thread helper = Threads.start("accept", accept);
      learned(dialWithin(pair, instance -> {}), REMOTE, 33, 44);
      helper.join();
      learned(accept.get(), ORIGIN, 11, 22);
    }
  }

  /** Within an encrypted connection that has proven the secret. */
  private static Handshake.Peer dialWithin(Loopback pair, Handshake.InstanceCheck check)
      throws IOException {
    var exchange = new HandshakeExchange(pair.near().input(), pair.near().output());
    return Handshake.dial(origin(SECRET), PROVEN, exchange, check);
  }

  private static Handshake.Peer acceptWithin(Loopback pair) throws IOException {
    var exchange = new HandshakeExchange(pair.far().input(), pair.far().output());
    return Handshake.accept(remote(SECRET), PROVEN, exchange, exchange.receive());
  }

  static Handshake.Local origin(Optional<SecretKey> secret) {
    return new Handshake.Local(ORIGIN, 11, 22, "laptop", secret.stream().toList());
  }

  static Handshake.Local remote(Optional<SecretKey> secret) {
    return new Handshake.Local(REMOTE, 33, 44, "", secret.stream().toList());
  }

  static Optional<SecretKey> secret(String text) {
    return Optional.of(new SecretKeySpec(text.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
  }

  static void learned(Handshake.Peer peer, byte[] instance, int opens, int streams) {
    assertThat(peer.version()).isEqualTo(Message.MAX_VERSION);
    assertThat(peer.instance()).isEqualTo(instance);
    assertThat(peer.opens()).isEqualTo(opens);
    assertThat(peer.streams()).isEqualTo(streams);
  }

  private static void learnedEachOther(FutureTask<Handshake.Peer>[] ends) throws Exception {
    learned(ends[0].get(), REMOTE, 33, 44);
    learned(ends[1].get(), ORIGIN, 11, 22);
  }

  private static void refusedFor(FutureTask<?> end, ByeReason reason, String text) {
    assertThatThrownBy(end::get)
        .cause()
        .isInstanceOf(PeerRefusedException.class)
        .hasMessage(text)
        .extracting(e -> ((PeerRefusedException) e).reason())
        .isEqualTo(reason);
  }

  /** The dialling and the accepting side, both done. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static FutureTask<Handshake.Peer>[] shake(
      Handshake.Local dialling, Handshake.Local accepting, boolean trickle) throws Exception {
    try (var pair = Loopback.open()) {
      var near = pair.near();
      var far = pair.far();
      FutureTask<Handshake.Peer> dial =
          new FutureTask<>(
              () -> BareLogin.dial(dialling, near.input(), maybe(trickle, near.output())));
      FutureTask<Handshake.Peer> accept =
          new FutureTask<>(
              () -> BareLogin.accept(accepting, far.input(), maybe(trickle, far.output())));
      Thread helper = Threads.start("accept", accept);
      dial.run();
      helper.join();
      return new FutureTask[] {dial, accept};
    }
  }

  private static OutputStream maybe(boolean trickle, OutputStream out) {
    return !trickle
        ? out
        : new FilterOutputStream(out) {
          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            for (int i = 0; i < length; i++) {
              out.write(bytes[offset + i]);
            }
          }
        };
  }
}
