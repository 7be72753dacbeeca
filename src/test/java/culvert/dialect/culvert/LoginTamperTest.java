package culvert.dialect.culvert;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.Threads;
import culvert.testing.LeakCheck;
import culvert.testing.Seed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whoever sits between the two sides of a sealed login can prevent a session, and nothing else. The
 * last words are the remote side's, which is convinced before they arrive.
 */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class LoginTamperTest {

  @TempDir private Path folder;
  private LoginPair gates;
  private NativeDialect origin;
  private NativeDialect remote;

  @BeforeEach
  void certificates() throws Exception {
    gates = new LoginPair(folder);
  }

  @AfterEach
  void stop() {
    gates.close();
    assertThat(gates.pool.borrowed()).as("buffers out").isZero();
  }

  private void setUp(TransportCase kind) {
    origin = gates.origin(kind);
    remote = gates.remote(kind);
  }

  private LoginPair.Outcome meet(RecordedWire wire) throws Exception {
    var accepting =
        new FutureTask<>(() -> {
          LoginPair.Side side = gates.accept(remote, wire.far());
          wire.up.readerDone();
          return side;
        });
    Threads.start("remote side", accepting);
    LoginPair.Side dialled = gates.dial(origin, wire.near());
    wire.down.readerDone();
    return new LoginPair.Outcome(dialled, accepting.get()).close();
  }

  /** What both sides say in a login that nobody disturbs. */
  private RecordedWire recorded() throws Exception {
    var wire = new RecordedWire();
    assertThat(meet(wire).isLoggedIn()).isTrue();
    return wire;
  }

  /** How much the remote side must have said before it can believe in a session. */
  private static int firstAnswer(RecordedWire wire) {
    byte[] down = wire.down.recorded();
    return 12 + ((down[1] & 0xff) << 16 | (down[2] & 0xff) << 8 | down[3] & 0xff);
  }

  @ParameterizedTest
  @EnumSource(names = {"NOISE_BY_SECRET", "NOISE_BY_KEYS_WITH_SECRET", "NOISE_BY_BOTH_KEYS"})
  void noChangedByteOfTheOriginSideYieldsASession(TransportCase kind) throws Exception {
    setUp(kind);
    var random = Seed.random("LoginTamperTest up " + kind);
    int length = recorded().up.recorded().length;
    for (int offset = 0; offset < length; offset++) {
      var wire = new RecordedWire();
      int bits = 1 + random.nextInt(255);
      wire.up.change(offset, bits);
      var outcome = meet(wire);
      assertThat(outcome.remote().isLoggedIn()).as("offset %d xor %d", offset, bits).isFalse();
      assertThat(outcome.origin().isLoggedIn()).as("offset %d xor %d", offset, bits).isFalse();
      clear(outcome.remote(), offset);
      clear(outcome.origin(), offset);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"NOISE_BY_SECRET", "NOISE_BY_KEYS_WITH_SECRET", "NOISE_BY_BOTH_KEYS"})
  void noChangedByteOfTheRemoteSideYieldsASession(TransportCase kind) throws Exception {
    setUp(kind);
    var random = Seed.random("LoginTamperTest down " + kind);
    var right = recorded();
    int length = right.down.recorded().length;
    for (int offset = 0; offset < length; offset++) {
      var wire = new RecordedWire();
      int bits = 1 + random.nextInt(255);
      wire.down.change(offset, bits);
      var outcome = meet(wire);
      assertThat(outcome.origin().isLoggedIn()).as("offset %d xor %d", offset, bits).isFalse();
      clear(outcome.origin(), offset);
      if (offset < firstAnswer(right)) {
        assertThat(outcome.remote().isLoggedIn()).as("offset %d xor %d", offset, bits).isFalse();
        clear(outcome.remote(), offset);
      }
    }
  }

  private static void clear(LoginPair.Side side, int offset) {
    assertThat(side.failure()).as("offset %d", offset).isInstanceOf(IOException.class);
    assertThat(side.message())
        .as("offset %d", offset)
        .isNotBlank()
        .doesNotContain("\n", "null", "Exception");
  }

  @ParameterizedTest
  @EnumSource(names = {"NOISE_BY_SECRET", "NOISE_BY_BOTH_KEYS"})
  void noBeginningOfALoginYieldsASession(TransportCase kind) throws Exception {
    setUp(kind);
    var right = recorded();
    for (int offset = 0; offset < right.up.recorded().length; offset++) {
      var wire = new RecordedWire();
      wire.up.cut(offset);
      var outcome = meet(wire);
      assertThat(outcome.remote().isLoggedIn()).as("up to %d", offset).isFalse();
      assertThat(outcome.origin().isLoggedIn()).as("up to %d", offset).isFalse();
    }
    for (int offset = 0; offset < right.down.recorded().length; offset++) {
      var wire = new RecordedWire();
      wire.down.cut(offset);
      var outcome = meet(wire);
      assertThat(outcome.origin().isLoggedIn()).as("down to %d", offset).isFalse();
      if (offset < firstAnswer(right)) {
        assertThat(outcome.remote().isLoggedIn()).as("down to %d", offset).isFalse();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(TransportCase.class)
  void aLoginInSingleBytesIsALogin(TransportCase kind) throws Exception {
    setUp(kind);
    var wire = new RecordedWire();
    wire.up.pieces(1);
    wire.down.pieces(1);
    assertThat(meet(wire).isLoggedIn()).isTrue();
  }

  /** A session is the only thing through which anything could be created, evicted or served. */
  @ParameterizedTest
  @EnumSource(
      names = {"NOISE.*", "WSS?_(WITH|BY).*"},
      mode = EnumSource.Mode.MATCH_ANY)
  void aRecordedLoginIsNoLoginTheNextTime(TransportCase kind) throws Exception {
    setUp(kind);
    var right = recorded();
    List<NativeDialect> fresh = new ArrayList<>(List.of(remote));
    fresh.add(gates.remote(kind));
    for (NativeDialect again : fresh) {
      var wire = new RecordedWire();
      wire.near().output().write(right.up.recorded());
      wire.near().closeOutput();
      var side = gates.accept(again, wire.far());
      assertThat(side.isLoggedIn()).isFalse();
      assertThat(side.failure()).isInstanceOf(IOException.class);
    }
    var wire = new RecordedWire();
    wire.far().output().write(right.down.recorded());
    wire.far().closeOutput();
    assertThat(gates.dial(origin, wire.near()).isLoggedIn()).isFalse();
  }

  /** Half of one login and half of another, which were all right by themselves. */
  @ParameterizedTest
  @EnumSource(names = {"NOISE_BY_SECRET", "NOISE_BY_KEYS_WITH_SECRET"})
  void piecesOfTwoLoginsAreNone(TransportCase kind) throws Exception {
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
      assertThat(gates.accept(remote, wire.far()).isLoggedIn()).as("at %d", at).isFalse();
    }
  }
}
