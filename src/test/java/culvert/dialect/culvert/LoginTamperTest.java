package culvert.dialect.culvert;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.LeakCheck;
import culvert.testing.Seed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An attacker between the two sides of an encrypted login can prevent a session and nothing else.
 * The remote side sends the last message and considers the login complete before that arrives.
 */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class LoginTamperTest {

  @TempDir private Path folder;
  private LoginPair logins;
  private NativeOriginDialect origin;
  private NativeDialect remote;

  @BeforeEach
  void createCertificates() throws Exception {
    logins = new LoginPair(folder);
  }

  @AfterEach
  void close() {
    logins.close();
  }

  private void setUp(TransportCase kind) {
    origin = logins.origin(kind);
    remote = logins.remote(kind);
  }

  private LoginPair.Outcome login(RecordedWire wire) throws Exception {
    return logins.login(origin, remote, wire, wire.near());
  }

  /** Returns the recording of a login without changes. */
  private RecordedWire recorded() throws Exception {
    var wire = new RecordedWire();
    assertThat(login(wire).isLoggedIn()).isTrue();
    return wire;
  }

  /** Returns how many bytes the remote side sends before it considers the login complete. */
  private static int firstAnswer(RecordedWire wire) {
    byte[] down = wire.down.recorded();
    return 12 + ((down[1] & 0xff) << 16 | (down[2] & 0xff) << 8 | down[3] & 0xff);
  }

  @ParameterizedTest
  @EnumSource(names = {"NOISE_BY_SECRET", "NOISE_BY_KEYS_WITH_SECRET", "NOISE_BY_BOTH_KEYS"})
  void changedByteOfTheOriginSidePreventsTheSession(TransportCase kind) throws Exception {
    setUp(kind);
    var random = Seed.random("LoginTamperTest up " + kind);
    int length = recorded().up.recorded().length;
    for (int offset = 0; offset < length; offset++) {
      var wire = new RecordedWire();
      int bits = 1 + random.nextInt(255);
      wire.up.change(offset, bits);
      var outcome = login(wire);
      assertThat(outcome.remote().isLoggedIn()).as("offset %d xor %d", offset, bits).isFalse();
      assertThat(outcome.origin().isLoggedIn()).as("offset %d xor %d", offset, bits).isFalse();
      assertClear(outcome.remote(), offset);
      assertClear(outcome.origin(), offset);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"NOISE_BY_SECRET", "NOISE_BY_KEYS_WITH_SECRET", "NOISE_BY_BOTH_KEYS"})
  void changedByteOfTheRemoteSidePreventsTheSession(TransportCase kind) throws Exception {
    setUp(kind);
    var random = Seed.random("LoginTamperTest down " + kind);
    var unchanged = recorded();
    int length = unchanged.down.recorded().length;
    for (int offset = 0; offset < length; offset++) {
      var wire = new RecordedWire();
      int bits = 1 + random.nextInt(255);
      wire.down.change(offset, bits);
      var outcome = login(wire);
      assertThat(outcome.origin().isLoggedIn()).as("offset %d xor %d", offset, bits).isFalse();
      assertClear(outcome.origin(), offset);
      if (offset < firstAnswer(unchanged)) {
        assertThat(outcome.remote().isLoggedIn()).as("offset %d xor %d", offset, bits).isFalse();
        assertClear(outcome.remote(), offset);
      }
    }
  }

  private static void assertClear(LoginPair.Side side, int offset) {
    assertThat(side.failure()).as("offset %d", offset).isInstanceOf(IOException.class);
    assertThat(side.message())
        .as("offset %d", offset)
        .isNotBlank()
        .doesNotContain("\n", "null", "Exception");
  }

  /** Row 36: only a peer that has the secret or the key gets a place among the verified ones. */
  @ParameterizedTest
  @EnumSource(
      names = {"PLAIN_WITH_SECRET", "NOISE_BY_SECRET", "NOISE_BY_BOTH_KEYS", "WS_WITH_SECRET"})
  void replayedLoginIsNotVerified(TransportCase kind) throws Exception {
    setUp(kind);
    byte[] login = recorded().up.recorded();
    long verified = logins.verified.sum();
    assertThat(verified).isPositive();
    var wire = new RecordedWire();
    wire.near().output().write(login);
    wire.down.readerDone();
    assertThat(logins.accept(remote, wire.far()).isLoggedIn()).isFalse();
    assertThat(logins.verified.sum()).isEqualTo(verified);
  }

  @ParameterizedTest
  @EnumSource(names = {"NOISE_BY_SECRET", "NOISE_BY_BOTH_KEYS"})
  void truncatedLoginYieldsNoSession(TransportCase kind) throws Exception {
    setUp(kind);
    var unchanged = recorded();
    for (int offset = 0; offset < unchanged.up.recorded().length; offset++) {
      var wire = new RecordedWire();
      wire.up.cut(offset);
      var outcome = login(wire);
      assertThat(outcome.remote().isLoggedIn()).as("up to %d", offset).isFalse();
      assertThat(outcome.origin().isLoggedIn()).as("up to %d", offset).isFalse();
    }
    for (int offset = 0; offset < unchanged.down.recorded().length; offset++) {
      var wire = new RecordedWire();
      wire.down.cut(offset);
      var outcome = login(wire);
      assertThat(outcome.origin().isLoggedIn()).as("down to %d", offset).isFalse();
      if (offset < firstAnswer(unchanged)) {
        assertThat(outcome.remote().isLoggedIn()).as("down to %d", offset).isFalse();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(TransportCase.class)
  void loginInSingleBytesSucceeds(TransportCase kind) throws Exception {
    setUp(kind);
    var wire = new RecordedWire();
    wire.up.setMaxPerRead(1);
    wire.down.setMaxPerRead(1);
    assertThat(login(wire).isLoggedIn()).isTrue();
  }

  /** Without a session nothing can be created, evicted or served. */
  @ParameterizedTest
  @EnumSource(
      names = {"NOISE.*", "WSS?_(WITH|BY).*"},
      mode = EnumSource.Mode.MATCH_ANY)
  void replayedLoginIsRefused(TransportCase kind) throws Exception {
    setUp(kind);
    var unchanged = recorded();
    List<NativeDialect> fresh = new ArrayList<>(List.of(remote));
    fresh.add(logins.remote(kind));
    for (NativeDialect again : fresh) {
      var wire = new RecordedWire();
      wire.near().output().write(unchanged.up.recorded());
      wire.near().closeOutput();
      var side = logins.accept(again, wire.far());
      assertThat(side.isLoggedIn()).isFalse();
      assertThat(side.failure()).isInstanceOf(IOException.class);
    }
    var wire = new RecordedWire();
    wire.far().output().write(unchanged.down.recorded());
    wire.far().closeOutput();
    assertThat(logins.dial(origin, wire.near()).isLoggedIn()).isFalse();
  }

  /** The first part of one valid login and the second part of another. */
  @ParameterizedTest
  @EnumSource(names = {"NOISE_BY_SECRET", "NOISE_BY_KEYS_WITH_SECRET"})
  void loginAssembledFromTwoLoginsIsRefused(TransportCase kind) throws Exception {
    setUp(kind);
    byte[] one = recorded().up.recorded();
    byte[] two = recorded().up.recorded();
    var random = new Random(7);
    for (int i = 0; i < 20; i++) {
      int at = 1 + random.nextInt(one.length - 1);
      var wire = new RecordedWire();
      wire.near().output().write(one, 0, at);
      wire.near().output().write(two, at, two.length - at);
      wire.near().closeOutput();
      assertThat(logins.accept(remote, wire.far()).isLoggedIn()).as("at %d", at).isFalse();
    }
  }
}
