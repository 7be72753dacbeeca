package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
@Timeout(60)
class NameLookupTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final HostPort NAME = new HostPort("name.example", 7);
  private static final List<InetAddress> FOUND = List.of(InetAddress.getLoopbackAddress());

  private final CompletableFuture<Void> calledOff = new CompletableFuture<>();
  private final CountDownLatch hang = new CountDownLatch(1);
  private final AtomicInteger asked = new AtomicInteger();

  /** Answers when the test lets it. */
  private final NameLookup hanging =
      new NameLookup(target -> {
        asked.incrementAndGet();
        await(hang);
        return FOUND;
      });

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1", "2001:db8::7", "0.0.0.0"})
  void anAddressIsNoName(String literal) throws Exception {
    assertThat(addresses(hanging, new HostPort(literal, 7), LIMIT))
        .containsExactly(InetAddress.getByName(literal));
    assertThat(asked).hasValue(0);
  }

  @Test
  void localhostIsResolvedInCallingThread() throws Exception {
    var by = new AtomicReference<Thread>();
    addresses(noting(by), new HostPort("LocalHost", 7), LIMIT);
    assertThat(by.get()).isSameAs(Thread.currentThread());
  }

  @Test
  void nameIsResolvedInDaemonPlatformThread() throws Exception {
    var by = new AtomicReference<Thread>();
    assertThat(addresses(noting(by), NAME, LIMIT)).isEqualTo(FOUND);
    assertThat(by.get().isVirtual()).isFalse();
    assertThat(by.get().isDaemon()).isTrue();
    assertThat(by.get().getName()).isEqualTo("lookup name.example");
    by.get().join();
  }

  private static NameLookup noting(AtomicReference<Thread> by) {
    return new NameLookup(target -> {
      by.set(Thread.currentThread());
      return FOUND;
    });
  }

  @Test
  void resolverFailureIsPassedOn() {
    var failing =
        new NameLookup(target -> {
          throw new UnknownHostException("no such name");
        });
    assertThatThrownBy(() -> addresses(failing, NAME, LIMIT))
        .isInstanceOf(UnknownHostException.class)
        .hasMessage("no such name");
  }

  @Test
  void unexpectedResolverExceptionIsPassedOn() {
    var failing =
        new NameLookup(target -> {
          throw new IllegalArgumentException("on purpose");
        });
    assertThatThrownBy(() -> addresses(failing, NAME, LIMIT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("internal error while resolving name.example")
        .hasRootCauseMessage("on purpose");
  }

  @Test
  void hangingResolverBlocksNoCallerBeyondLimit() {
    assertThatThrownBy(() -> addresses(hanging, NAME, Duration.ofMillis(50)))
        .isInstanceOf(SocketTimeoutException.class)
        .hasMessage("no answer from the resolver");
    hang.countDown();
  }

  @Test
  void cancelledLookupEndsAtOnce() throws Exception {
    Thread.ofVirtual()
        .start(() -> {
          awaitAsked(1);
          calledOff.complete(null);
        });
    assertThatThrownBy(() -> addresses(hanging, NAME, Duration.ofHours(1)))
        .isInstanceOf(InterruptedIOException.class)
        .hasMessage("cancelled");
    assertThatThrownBy(() -> addresses(hanging, NAME, Duration.ofHours(1)))
        .as("cancelled before")
        .hasMessage("cancelled");
    hang.countDown();
  }

  @Test
  void interruptEndsWaitAndIsKept() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> addresses(hanging, NAME, LIMIT))
        .isInstanceOf(InterruptedIOException.class)
        .hasMessage("interrupted");
    assertThat(Thread.interrupted()).isTrue();
    hang.countDown();
  }

  @Test
  void concurrentLookupsOfNameShareOneCall() throws Exception {
    assertThatThrownBy(() -> addresses(hanging, NAME, Duration.ofMillis(1)));
    var first = start(NAME);
    var second = start(NAME);
    hang.countDown();
    assertThat(first.get(30, TimeUnit.SECONDS)).isEqualTo(FOUND);
    assertThat(second.get(30, TimeUnit.SECONDS)).isEqualTo(FOUND);
    int before = asked.get();
    assertThat(addresses(hanging, NAME, LIMIT)).isEqualTo(FOUND);
    assertThat(asked.get()).as("asked anew by the next").isEqualTo(before + 1);
  }

  @Test
  void numberOfConcurrentLookupsIsLimited() throws Exception {
    var answers = new ArrayList<CompletableFuture<List<InetAddress>>>();
    for (int i = 0; i < NameLookup.MAX_NAMES; i++) {
      answers.add(start(new HostPort("name" + i + ".example", 7)));
    }
    awaitAsked(NameLookup.MAX_NAMES);
    assertThatThrownBy(() -> addresses(hanging, NAME, LIMIT))
        .isInstanceOf(UnknownHostException.class)
        .hasMessage("the name 'name.example' was not resolved: 256 other lookups are in progress");
    assertThat(addresses(hanging, new HostPort("::1", 7), LIMIT)).hasSize(1);
    hang.countDown();
    for (var answer : answers) {
      assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(FOUND);
    }
    assertThat(addresses(hanging, NAME, LIMIT)).isEqualTo(FOUND);
  }

  /** A resolver that hangs keeps a place for longer than the caller waits. */
  @Test
  void lookupsOfTheBackgroundLeaveHalfOfThePlaces() throws Exception {
    int half = NameLookup.MAX_BACKGROUND_NAMES;
    for (int i = 0; i < half; i++) {
      var name = new HostPort("checked" + i + ".example", 7);
      assertThatThrownBy(() -> addresses(hanging, name, half, Duration.ofMillis(1)))
          .isInstanceOf(SocketTimeoutException.class);
    }
    assertThatThrownBy(() -> addresses(hanging, NAME, half, LIMIT))
        .isInstanceOf(LookupLimitException.class)
        .hasMessageContaining("128 other lookups are in progress");
    var ofVisitor = start(NAME);
    awaitAsked(half + 1);
    hang.countDown();
    assertThat(ofVisitor.get(30, TimeUnit.SECONDS)).isEqualTo(FOUND);
  }

  private List<InetAddress> addresses(NameLookup lookup, HostPort target, Duration limit)
      throws IOException {
    return addresses(lookup, target, NameLookup.MAX_NAMES, limit);
  }

  private List<InetAddress> addresses(
      NameLookup lookup, HostPort target, int maxNames, Duration limit) throws IOException {
    return lookup.addresses(target, maxNames, System.nanoTime() + limit.toNanos(), calledOff);
  }

  private CompletableFuture<List<InetAddress>> start(HostPort target) {
    var answer = new CompletableFuture<List<InetAddress>>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            answer.complete(addresses(hanging, target, LIMIT));
          } catch (IOException e) {
            answer.completeExceptionally(e);
          }
        });
    return answer;
  }

  private void awaitAsked(int times) {
    try {
      Eventually.within(LIMIT, () -> assertThat(asked).hasValue(times));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
