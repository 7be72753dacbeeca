package culvert.dialect.culvert;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.ClientSettings;
import culvert.config.Secret;
import culvert.protocol.ByeReason;
import culvert.protocol.PeerRefusedException;
import culvert.session.Dialect;
import culvert.session.LoginProof;
import culvert.session.ProvenClient;
import culvert.session.Session;
import culvert.testing.LeakCheck;
import culvert.testing.MemoryConnection;
import culvert.testing.Seed;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Logins as a client with a secret of its own, over every transport. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class ClientLoginTest {

  private static final String WITH_SECRET = ".*_WITH_SECRET|NOISE_BY_SECRET";

  private final Secret ofServer = Secret.of(Secret.generate());
  private final Secret ofVienna = Secret.of(Secret.generate());
  private final Secret ofLisbon = Secret.of(Secret.generate());
  private final List<ClientSettings> clients =
      List.of(client("vienna", ofVienna), client("lisbon", ofLisbon));

  @TempDir private Path folder;
  private LoginPair logins;

  private static ClientSettings client(String name, Secret secret) {
    return new ClientSettings(name, secret, List.of("*"), List.of());
  }

  @BeforeEach
  void createCertificates() throws Exception {
    logins = new LoginPair(folder);
  }

  @AfterEach
  void close() {
    logins.close();
  }

  private NativeDialect remote(TransportCase kind) {
    return logins.remote(kind, List.of(ofServer), clients);
  }

  private NativeOriginDialect origin(TransportCase kind, Secret secret, String client) {
    return logins.origin(kind, Optional.of(secret), Optional.ofNullable(client));
  }

  private LoginPair.Outcome login(
      NativeOriginDialect origin, NativeDialect remote, RecordedWire wire) throws Exception {
    return logins.login(origin, remote, wire, wire.near());
  }

  private LoginPair.Outcome login(NativeOriginDialect origin, NativeDialect remote)
      throws Exception {
    return login(origin, remote, new RecordedWire());
  }

  private static Session session(LoginPair.Outcome outcome) {
    assertThat(outcome.isLoggedIn()).as(outcome.toString()).isTrue();
    return ((Dialect.Accepted.LoggedIn) outcome.remote().session().orElseThrow()).session();
  }

  private static void assertRefused(LoginPair.Outcome outcome, String message) {
    for (LoginPair.Side side : List.of(outcome.origin(), outcome.remote())) {
      assertThat(side.failure())
          .isInstanceOf(PeerRefusedException.class)
          .hasMessageStartingWith(message);
      assertThat(((PeerRefusedException) side.failure()).reason()).isEqualTo(ByeReason.CREDENTIALS);
    }
  }

  @ParameterizedTest
  @EnumSource(names = WITH_SECRET, mode = EnumSource.Mode.MATCH_ALL)
  void eachClientLogsInWithItsSecret(TransportCase kind) throws Exception {
    NativeDialect remote = remote(kind);
    for (ClientSettings client : clients) {
      Session session = session(login(origin(kind, client.secret(), client.name()), remote));
      assertThat(session.client().orElseThrow().name()).isEqualTo(client.name());
      assertThat(session.client().orElseThrow().secret()).isEqualTo(client.secret());
      assertThat(session.identity().orElseThrow().title())
          .isEqualTo(client.name() + "/" + LoginPair.NAME);
    }
  }

  @ParameterizedTest
  @EnumSource(names = WITH_SECRET, mode = EnumSource.Mode.MATCH_ALL)
  void originProxyWithoutAClientNameLogsInWithTheSecretOfNoClient(TransportCase kind)
      throws Exception {
    NativeDialect remote = remote(kind);
    assertThat(session(login(origin(kind, ofServer, null), remote)).client()).isEmpty();
    assertRefused(login(origin(kind, ofVienna, null), remote), "the secret is wrong");
  }

  @ParameterizedTest
  @EnumSource(names = WITH_SECRET, mode = EnumSource.Mode.MATCH_ALL)
  void wrongSecretAndUnknownNameHaveTheSameAnswer(TransportCase kind) throws Exception {
    NativeDialect remote = remote(kind);
    String format = "the secret of client '%s' is wrong, or there is no such client";
    var answers = new ArrayList<Integer>();
    for (String name : List.of("vienna", "berlin")) {
      for (Secret secret : List.of(ofLisbon, ofServer, Secret.of(Secret.generate()))) {
        var wire = new RecordedWire();
        assertRefused(login(origin(kind, secret, name), remote, wire), format.formatted(name));
        answers.add(wire.down.recorded().length);
      }
    }
    if (!kind.transport.isTls()) {
      assertThat(answers).as("bytes of the answers").containsOnly(answers.getFirst());
    }
    assertThat(logins.verified.sum()).isZero();
  }

  /** A key or a certificate alone is not enough: a client could leave its name out. */
  @ParameterizedTest
  @EnumSource(
      names = {
        "PLAIN",
        "NOISE_BY_KEYS",
        "NOISE_BY_BOTH_KEYS",
        "NOISE_BY_SENT_KEYS",
        "TLS",
        "WS",
        "WSS"
      })
  void loginWithoutASecretIsRefusedIfThereAreClients(TransportCase kind) throws Exception {
    NativeDialect remote = logins.remote(kind, List.of(), clients);
    assertRefused(
        login(logins.origin(kind, Optional.empty()), remote),
        "the remote proxy admits only clients that it knows by name; set --client-name");
  }

  /** The removal of the last client must not admit every origin proxy. */
  @ParameterizedTest
  @EnumSource
  void emptyTableOfClientsAdmitsNoOriginProxy(TransportCase kind) throws Exception {
    NativeDialect remote = logins.remote(kind, List.of(), List.of());
    Optional<Secret> secret = kind.secret ? Optional.of(ofVienna) : Optional.empty();
    assertThat(login(logins.origin(kind, secret), remote).remote().isLoggedIn()).isFalse();
    if (kind.secret) {
      assertRefused(
          login(origin(kind, ofVienna, "vienna"), remote),
          "the secret of client 'vienna' is wrong, or there is no such client");
    }
    assertThat(logins.verified.sum()).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = WITH_SECRET, mode = EnumSource.Mode.MATCH_ALL)
  void sessionHasTheSecretThatItsLoginHasProven(TransportCase kind) throws Exception {
    NativeDialect remote = logins.remote(kind, List.of(ofLisbon, ofServer), List.of());
    assertThat(session(login(origin(kind, ofServer, null), remote)).proof())
        .contains(new LoginProof(Optional.of(ofServer), true));
    assertThat(session(login(origin(kind, ofLisbon, null), remote)).proof())
        .contains(new LoginProof(Optional.of(ofLisbon), true));
  }

  @ParameterizedTest
  @EnumSource(names = {"PLAIN", "NOISE_BY_KEYS", "NOISE_BY_BOTH_KEYS", "NOISE_BY_SENT_KEYS"})
  void sessionWithoutASecretIsAuthenticatedByAKnownKeyOnly(TransportCase kind) throws Exception {
    Session session = session(login(logins.origin(kind), logins.remote(kind)));
    assertThat(session.proof()).contains(new LoginProof(Optional.empty(), kind.isPeerKeyKnown()));
  }

  @ParameterizedTest
  @EnumSource(names = WITH_SECRET, mode = EnumSource.Mode.MATCH_ALL)
  void remoteProxyWithoutASecretOfItsOwnAdmitsClientsOnly(TransportCase kind) throws Exception {
    NativeDialect remote = logins.remote(kind, List.of(), clients);
    session(login(origin(kind, ofVienna, "vienna"), remote));
    assertRefused(
        login(origin(kind, ofServer, null), remote),
        "the remote proxy admits only clients that it knows by name; set --client-name");
  }

  @Test
  void remoteProxyWithoutClientsAndSecretsRefusesAClient() throws Exception {
    assertRefused(
        login(
            origin(TransportCase.PLAIN_WITH_SECRET, ofVienna, "vienna"),
            logins.remote(TransportCase.PLAIN, List.of())),
        "the remote proxy has neither clients nor a secret");
  }

  @Test
  void remoteProxyWithoutClientsRefusesAClientAsUnknown() throws Exception {
    TransportCase kind = TransportCase.NOISE_BY_SECRET;
    assertRefused(
        login(origin(kind, ofServer, "vienna"), logins.remote(kind, List.of(ofServer))),
        "the secret of client 'vienna' is wrong, or there is no such client");
  }

  /** The keys of both sides are known, and the client proves its secret within the encryption. */
  @ParameterizedTest
  @EnumSource(
      names = {
        "NOISE_BY_KEYS",
        "NOISE_BY_BOTH_KEYS",
        "NOISE_BY_SENT_KEYS",
        "WS_BY_KEYS",
        "WSS_BY_KEYS"
      })
  void clientProvesItsSecretWithinNoiseWithKeys(TransportCase kind) throws Exception {
    NativeDialect remote = remote(kind);
    Session session = session(login(origin(kind, ofVienna, "vienna"), remote));
    assertThat(session.client()).contains(new ProvenClient("vienna", ofVienna));
    assertRefused(
        login(origin(kind, ofLisbon, "vienna"), remote),
        "the secret of client 'vienna' is wrong, or there is no such client");
    assertThat(session(login(origin(kind, ofServer, null), remote)).client()).isEmpty();
  }

  /** Manipulations of the frame CLIENT, which is not encrypted, by an attacker on the path. */
  private enum Attack {
    INSERT,
    REPEAT,
    REMOVE;

    private static final byte[] FRAME =
        HexFormat.of().parseHex("060000060000000000000000" + "7669656e6e61");

    private static final int PREFACE = "CULVERT\n".length();

    byte[] changed(byte[] first) {
      var bytes = new ByteArrayOutputStream();
      bytes.write(first, 0, PREFACE);
      if (this != REMOVE) {
        bytes.writeBytes(FRAME);
      }
      int rest = this == REMOVE ? PREFACE + FRAME.length : PREFACE;
      bytes.write(first, rest, first.length - rest);
      return bytes.toByteArray();
    }
  }

  /** Delivers the first write after an attack, and all others unchanged. */
  private static final class AttackedDirection implements MemoryConnection.Direction {
    private final MemoryConnection.Direction to;
    private final Attack attack;
    private boolean isOver;

    AttackedDirection(MemoryConnection.Direction to, Attack attack) {
      this.to = to;
      this.attack = attack;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
      return to.read(target);
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      byte[] bytes = new byte[source.remaining()];
      source.get(bytes);
      to.write(ByteBuffer.wrap(isOver ? bytes : attack.changed(bytes)));
      isOver = true;
    }

    @Override
    public void closeWriter() {
      to.closeWriter();
    }

    @Override
    public void closeReader() {
      to.closeReader();
    }
  }

  /** With the secret of the client, only the binding of its name prevents the login. */
  @ParameterizedTest
  @EnumSource(names = {"PLAIN_WITH_SECRET", "NOISE_BY_SECRET", "NOISE_BY_KEYS_WITH_SECRET"})
  void nameThatIsInsertedRepeatedOrRemovedPreventsTheSession(TransportCase kind) throws Exception {
    for (Attack attack : Attack.values()) {
      var wire = new RecordedWire();
      var near = new MemoryConnection(wire.down, new AttackedDirection(wire.up, attack), 1);
      String client = attack == Attack.INSERT ? null : "vienna";
      var outcome = logins.login(origin(kind, ofVienna, client), remote(kind), wire, near);
      assertThat(outcome.remote().isLoggedIn()).as("%s", attack).isFalse();
      assertThat(outcome.origin().isLoggedIn()).as("%s", attack).isFalse();
    }
  }

  /** The name is sent before the encryption begins, and is a part of what the login proves. */
  @ParameterizedTest
  @EnumSource(
      names = {
        "PLAIN_WITH_SECRET",
        "NOISE_BY_SECRET",
        "NOISE_BY_KEYS_WITH_SECRET",
        "NOISE_BY_BOTH_KEYS",
        "NOISE_BY_SENT_KEYS"
      })
  void changedByteOfTheNamePreventsTheSession(TransportCase kind) throws Exception {
    Secret same = ofVienna;
    // With the secret of the other name, only the binding of the name prevents the login.
    NativeDialect remote =
        logins.remote(kind, List.of(), List.of(client("wienna", same), client("lisbon", ofLisbon)));
    NativeOriginDialect origin = origin(kind, same, "vienna");
    var wire = new RecordedWire();
    int name = "CULVERT\n".length() + 12;
    wire.up.change(name, 'v' ^ 'w');
    var outcome = login(origin, remote, wire);
    assertThat(outcome.remote().isLoggedIn()).isFalse();
    assertThat(outcome.origin().isLoggedIn()).isFalse();
    var random = Seed.random("ClientLoginTest " + kind);
    for (int offset = 0; offset < name + "vienna".length(); offset++) {
      var changed = new RecordedWire();
      changed.up.change(offset, 1 + random.nextInt(255));
      outcome = login(origin, remote(kind), changed);
      assertThat(outcome.remote().isLoggedIn()).as("offset %d", offset).isFalse();
      assertThat(outcome.origin().failure())
          .as("offset %d", offset)
          .isInstanceOf(IOException.class);
    }
  }

  /** Nothing is sent that a remote proxy of an earlier version does not know. */
  @Test
  void loginWithoutAClientNameBeginsAsBefore() throws Exception {
    var wire = new RecordedWire();
    TransportCase kind = TransportCase.PLAIN_WITH_SECRET;
    login(origin(kind, ofServer, null), remote(kind), wire);
    assertThat(wire.up.recorded())
        .startsWith("CULVERT\n\u0001".getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void oneOfAThousandClientsLogsIn() throws Exception {
    var many = new ArrayList<ClientSettings>();
    for (int i = 0; i < 1000; i++) {
      many.add(client("c" + i, Secret.of(Secret.generate())));
    }
    NativeDialect remote = logins.remote(TransportCase.NOISE_BY_SECRET, List.of(), many);
    for (ClientSettings client : List.of(many.getFirst(), many.getLast())) {
      var origin = origin(TransportCase.NOISE_BY_SECRET, client.secret(), client.name());
      assertThat(session(login(origin, remote)).client().orElseThrow().name())
          .isEqualTo(client.name());
    }
  }
}
