package culvert.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.ByteInput;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.ForwardingConnection;
import culvert.net.Threads;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.RolePair;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(LeakCheck.class)
@Timeout(60)
class DialectSnifferTest {

  /** Longer than a test takes. */
  private static final Duration NEVER = Duration.ofHours(1);

  private static final Duration SOON = Duration.ofMillis(10);

  /** Ends with what it was given: its name, whether it has greeted, and all bytes of the peer. */
  private record Reporting(String name, String start, Optional<Duration> silence)
      implements Dialect {

    @Override
    public Accepted accept(Connection connection, Runnable onVerified) throws IOException {
      throw new IOException(name + ":" + rest(connection));
    }

    @Override
    public Recognition recognise(byte[] first) {
      String text = new String(first, StandardCharsets.US_ASCII);
      if (text.startsWith(start)) {
        return Recognition.YES;
      }
      return start.startsWith(text) ? Recognition.UNDECIDED : Recognition.NO;
    }

    @Override
    public Optional<Greeting> greeting(Connection fresh) {
      return silence.map(limit ->
          new Greeting() {
            @Override
            public Duration silence(double load) {
              return limit;
            }

            @Override
            public void send() throws IOException {
              fresh.output().write("hello".getBytes(StandardCharsets.US_ASCII));
            }

            @Override
            public Accepted accept(Connection connection, Runnable onVerified) throws IOException {
              onVerified.run();
              throw new IOException(name + " greeted:" + rest(connection));
            }

            @Override
            public IOException cause(IOException failure) {
              return failure;
            }

            @Override
            public void close() {}
          });
    }

    private static String rest(Connection connection) throws IOException {
      return new String(connection.input().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  private static final Dialect FIRST = new Reporting("first", "CUL", Optional.empty());
  private static final Dialect OTHER = new Reporting("other", "{\"", Optional.empty());
  private static final Dialect THIRD = new Reporting("third", "{[", Optional.empty());

  /** Sends the peer's bytes. */
  @FunctionalInterface
  private interface Peer {
    void run(Connection connection) throws Exception;
  }

  /** Returns what became of a connection whose peer does this. */
  private static String accept(List<Dialect> dialects, Peer peer) throws Exception {
    try (var deadlines = new Deadlines();
        var pair = Loopback.open()) {
      Dialect sniffer = DialectSniffer.of(dialects, deadlines, () -> 0);
      var accepting = new FutureTask<>(() -> sniffer.accept(pair.far(), () -> {}));
      Threads.start("accepting", accepting);
      peer.run(pair.near());
      accepting.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
      throw new AssertionError("the dialects accept no connection");
    } catch (ExecutionException e) {
      return e.getCause().getMessage();
    }
  }

  private static void sendOneByOne(Connection connection, String text) throws IOException {
    for (byte one : text.getBytes(StandardCharsets.US_ASCII)) {
      connection.output().write(one);
    }
    connection.closeOutput();
  }

  private static void send(Connection connection, String text) throws IOException {
    connection.output().write(text.getBytes(StandardCharsets.US_ASCII));
    connection.closeOutput();
  }

  @ParameterizedTest
  @CsvSource({
    "CULVERT, first",
    "{\"Hello\":1}, other",
    "{[more, third",
    "{[, third",
    "{x and more, first",
    "{, first",
    "GET / HTTP/1.1, first",
    "a text of more than eight bytes, first",
    "'', first"
  })
  void firstBytesSelectTheDialectWhichReceivesThemAll(String sent, String name) throws Exception {
    var dialects = List.of(FIRST, OTHER, THIRD);
    assertThat(accept(dialects, peer -> send(peer, sent))).isEqualTo(name + ":" + sent);
    assertThat(accept(dialects, peer -> sendOneByOne(peer, sent))).isEqualTo(name + ":" + sent);
  }

  @Test
  void undecidedDialectDoesNotReadBeyondEightBytes() throws Exception {
    var longest = new AtomicInteger();
    Dialect greedy =
        new Dialect() {
          @Override
          public Recognition recognise(byte[] first) {
            longest.accumulateAndGet(first.length, Math::max);
            return Recognition.UNDECIDED;
          }

          @Override
          public Accepted accept(Connection connection, Runnable onVerified) throws IOException {
            throw new IOException("never recognised");
          }
        };
    assertThat(accept(List.of(FIRST, greedy), peer -> send(peer, "x".repeat(100))))
        .isEqualTo("first:" + "x".repeat(100));
    assertThat(longest).hasValue(8);
  }

  @Test
  void silentPeerIsGreeted() throws Exception {
    var greeting = new Reporting("other", "{\"", Optional.of(SOON));
    Peer waiting =
        peer -> {
          assertThat(peer.input().readNBytes(5)).asString().isEqualTo("hello");
          send(peer, "{\"answer");
        };
    assertThat(accept(List.of(FIRST, greeting), waiting)).isEqualTo("other greeted:{\"answer");
  }

  @Test
  void peerIsVerifiedThroughTheGreeting() throws Exception {
    var greeting = new Reporting("other", "{\"", Optional.of(SOON));
    var isVerified = new AtomicBoolean();
    try (var deadlines = new Deadlines();
        var pair = Loopback.open()) {
      Dialect sniffer = DialectSniffer.of(List.of(FIRST, greeting), deadlines, () -> 0);
      var accepting =
          new FutureTask<>(() -> sniffer.accept(pair.far(), () -> isVerified.set(true)));
      Threads.start("accepting", accepting);
      pair.near().input().readNBytes(5);
      assertThat(isVerified).isFalse();
      send(pair.near(), "{\"answer");
      assertThatThrownBy(() -> accepting.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS))
          .hasRootCauseMessage("other greeted:{\"answer");
      assertThat(isVerified).isTrue();
    }
  }

  @Test
  void peerThatBeginsIsNotGreeted() throws Exception {
    var greeting = new Reporting("other", "{\"", Optional.of(NEVER));
    assertThat(accept(List.of(FIRST, greeting), peer -> send(peer, "{\"early")))
        .isEqualTo("other:{\"early");
    assertThat(accept(List.of(FIRST, greeting), peer -> send(peer, "CULVERT")))
        .isEqualTo("first:CULVERT");
  }

  /** Reads once the test permits it, as the thread of a connection does on a busy host. */
  private static final class LateReading extends ForwardingConnection {
    private final Runnable beforeRead;

    LateReading(Connection connection, Runnable beforeRead) {
      super(connection);
      this.beforeRead = beforeRead;
    }

    @Override
    public ByteInput input() {
      return new ByteInput() {
        @Override
        public int read(ByteBuffer target) throws IOException {
          beforeRead.run();
          return LateReading.super.input().read(target);
        }

        @Override
        public int available() throws IOException {
          return LateReading.super.input().available();
        }
      };
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The timer can run before the thread of a connection whose bytes have arrived. */
  @Test
  void peerWhoseBytesHaveArrivedIsNotGreeted() throws Exception {
    var greeting = new Reporting("other", "{\"", Optional.of(SOON));
    try (var deadlines = new Deadlines();
        var pair = Loopback.open()) {
      send(pair.near(), "CULVERT");
      Eventually.within(
          RolePair.LIMIT, () -> assertThat(pair.far().input().available()).isPositive());
      var isPast = new CountDownLatch(1);
      Runnable beforeRead =
          () -> {
            deadlines.after(SOON.multipliedBy(2), isPast::countDown);
            await(isPast);
          };
      Dialect sniffer = DialectSniffer.of(List.of(FIRST, greeting), deadlines, () -> 0);
      assertThatThrownBy(() -> sniffer.accept(new LateReading(pair.far(), beforeRead), () -> {}))
          .hasMessage("first:CULVERT");
      pair.far().closeOutput();
      assertThat(pair.near().input().readAllBytes()).isEmpty();
    }
  }

  /** Otherwise it would be written into the middle of the other protocol's first messages. */
  @Test
  void greetingIsCompleteBeforeTheDialectAccepts() throws Exception {
    var events = new CopyOnWriteArrayList<String>();
    var isSending = new CountDownLatch(1);
    var isPermitted = new CountDownLatch(1);
    Dialect first = accepting(events);
    Dialect slow = greetingSlowly(events, isSending, isPermitted);
    try (var deadlines = new Deadlines();
        var pair = Loopback.open()) {
      Dialect sniffer = DialectSniffer.of(List.of(first, slow), deadlines, () -> 0);
      var accepting = new FutureTask<>(() -> sniffer.accept(pair.far(), () -> {}));
      Thread thread = Threads.start("accepting", accepting);
      isSending.await();
      send(pair.near(), "CULVERT");
      // Until the thread has read the bytes and waits for the greeting.
      Eventually.within(
          RolePair.LIMIT,
          () -> {
            assertThat(pair.far().received()).isEqualTo(7);
            assertThat(thread.getState()).isEqualTo(Thread.State.WAITING);
          });
      isPermitted.countDown();
      assertThatThrownBy(() -> accepting.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS))
          .hasRootCauseMessage("accepted");
      assertThat(events).containsExactly("sent", "closed", "accepted");
    }
  }

  private static Dialect accepting(List<String> events) {
    return (connection, onVerified) -> {
      events.add("accepted");
      throw new IOException("accepted");
    };
  }

  private static Dialect greetingSlowly(
      List<String> events, CountDownLatch isSending, CountDownLatch isPermitted) {
    return new Dialect() {
      @Override
      public Optional<Greeting> greeting(Connection connection) {
        return Optional.of(
            new Greeting() {
              @Override
              public Duration silence(double load) {
                return Duration.ZERO;
              }

              @Override
              public void send() {
                isSending.countDown();
                DialectSnifferTest.await(isPermitted);
                events.add("sent");
              }

              @Override
              public Accepted accept(Connection same, Runnable onVerified) throws IOException {
                throw new IOException("not of this dialect");
              }

              @Override
              public IOException cause(IOException failure) {
                return failure;
              }

              @Override
              public void close() {
                events.add("closed");
              }
            });
      }

      @Override
      public Accepted accept(Connection connection, Runnable onVerified) throws IOException {
        throw new IOException("not of this dialect");
      }
    };
  }

  @Test
  void greetedPeerOfAnotherProtocolIsLeftToTheFirstDialect() throws Exception {
    var greeting = new Reporting("other", "{\"", Optional.of(SOON));
    Peer late =
        peer -> {
          peer.input().readNBytes(5);
          send(peer, "SSH-2.0-x");
        };
    assertThat(accept(List.of(FIRST, greeting), late)).isEqualTo("first:SSH-2.0-x");
  }

  /** As an eviction and a timeout do. */
  @Test
  void closeEndsTheWaitForTheFirstByte() throws Exception {
    var greeting = new Reporting("other", "{\"", Optional.of(NEVER));
    for (Dialect other : List.of(OTHER, greeting)) {
      try (var deadlines = new Deadlines();
          var pair = Loopback.open()) {
        Dialect sniffer = DialectSniffer.of(List.of(FIRST, other), deadlines, () -> 0);
        var accepting = new FutureTask<>(() -> sniffer.accept(pair.far(), () -> {}));
        Threads.start("accepting", accepting);
        pair.far().close();
        assertThatThrownBy(() -> accepting.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS))
            .hasCauseInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void singleDialectIsReturnedItself() {
    try (var deadlines = new Deadlines()) {
      assertThat(DialectSniffer.of(List.of(OTHER), deadlines, () -> 0)).isSameAs(OTHER);
    }
  }
}
