package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.LeakCheck;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The address of a server whose name is resolved, fails, or is not answered. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ResolvedServerTest {

  private static final HostPort NAME = new HostPort("name.example", 7);
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final InetSocketAddress FOUND =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 7);

  private final AtomicLong nanos = new AtomicLong();
  private final AtomicInteger lookups = new AtomicInteger();

  private static final class Result implements ResolvedServer.Callback {
    private final CompletableFuture<InetSocketAddress> address = new CompletableFuture<>();

    @Override
    public void resolved(InetSocketAddress found) {
      address.complete(found);
    }

    @Override
    public void failed(IOException cause) {
      address.completeExceptionally(cause);
    }

    InetSocketAddress get() throws Exception {
      try {
        return address.get(30, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        throw (IOException) e.getCause();
      }
    }

    String failure() throws Exception {
      try {
        return "no failure: " + get();
      } catch (IOException e) {
        return e.getMessage();
      }
    }
  }

  private ResolvedServer server(NameLookup.Resolver resolver) {
    var lookup =
        new NameLookup(target -> {
          lookups.incrementAndGet();
          return resolver.resolve(target);
        });
    return new ResolvedServer(NAME, LIMIT, lookup, nanos::get);
  }

  private static Result ask(ResolvedServer server) {
    var result = new Result();
    server.address(result);
    return result;
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos() + 1);
  }

  @Test
  void cancelledCallbacksAreNotKeptWhileTheLookupHangs() throws Exception {
    var answered = new CountDownLatch(1);
    ResolvedServer server =
        server(target -> {
          await(answered);
          return List.of(FOUND.getAddress());
        });
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      results.add(ask(server));
    }
    results.subList(0, 999).forEach(server::cancel);
    assertThat(server.waiting()).isEqualTo(1);
    answered.countDown();
    assertThat(results.getLast().get()).isEqualTo(FOUND);
    assertThat(results.getFirst().address).isNotDone();
    assertThat(lookups).hasValue(1);
  }

  @Test
  void failedLookupIsRepeatedAfterASecondOnly() throws Exception {
    ResolvedServer server =
        server(target -> {
          throw new UnknownHostException("no such name");
        });
    for (int i = 0; i < 100; i++) {
      assertThat(ask(server).failure()).isEqualTo("no such name");
    }
    assertThat(lookups).hasValue(1);
    pass(Duration.ofSeconds(1));
    assertThat(ask(server).failure()).isEqualTo("no such name");
    assertThat(lookups).hasValue(2);
  }

  @Test
  void unexpectedExceptionOfTheResolverIsAFailure() throws Exception {
    ResolvedServer server =
        server(target -> {
          throw new IllegalArgumentException("on purpose");
        });
    assertThat(ask(server).failure()).isEqualTo("internal error while resolving name.example");
  }

  @Test
  void addressStaysInUseIfALaterLookupFails() throws Exception {
    var second = new CountDownLatch(1);
    ResolvedServer server =
        server(target -> {
          if (lookups.get() > 1) {
            second.countDown();
            throw new UnknownHostException("no such name");
          }
          return List.of(FOUND.getAddress());
        });
    assertThat(ask(server).get()).isEqualTo(FOUND);
    pass(Duration.ofSeconds(10));
    assertThat(ask(server).get()).isEqualTo(FOUND);
    assertThat(second.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(ask(server).get()).isEqualTo(FOUND);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
