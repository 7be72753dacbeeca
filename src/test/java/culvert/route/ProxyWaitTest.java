package culvert.route;

import static culvert.route.ScriptedProxy.hex;
import static culvert.route.ScriptedProxy.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.OutboundProxy;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.MemoryPipe;
import culvert.testing.RolePair;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Proxies that respond slowly or never. */
@ExtendWith(LeakCheck.class)
class ProxyWaitTest {

  private static final HostPort TARGET = new HostPort("tunnel.example.org", 7000);

  @ParameterizedTest
  @ValueSource(strings = {"http://proxy:3128", "socks5://proxy", "socks5://alice:hunter2@proxy"})
  void closingTheCarrierEndsTheWaitForASilentProxy(String url) throws Exception {
    try (var pair = Loopback.open()) {
      CompletableFuture<Connection> wrapped = wrap(url, pair.near());
      assertThat(pair.far().input().read()).isPositive();
      pair.near().close();
      assertThatThrownBy(() -> wrapped.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(IOException.class)
          .hasMessage(
              "the connection to the proxy "
                  + OutboundProxy.parse(url).proxy()
                  + " failed before the tunnel to tunnel.example.org:7000 was established: closed");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://proxy:3128", "socks5://proxy", "socks5://alice:hunter2@proxy"})
  void resetByTheProxyNamesProxyAndTarget(String url) throws Exception {
    try (var pair = Loopback.open()) {
      CompletableFuture<Connection> wrapped = wrap(url, pair.near());
      assertThat(pair.far().input().read()).isPositive();
      pair.far().reset();
      assertThatThrownBy(() -> wrapped.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS))
          .cause()
          .hasMessage(
              "the connection to the proxy "
                  + OutboundProxy.parse(url).proxy()
                  + " failed before the tunnel to tunnel.example.org:7000 was established:"
                  + " Connection reset");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "http://proxy:3128, 485454502f312e312032303020 4f4b0d0a 413a620d0a 0d0a",
    "socks5://proxy, 0500 050000 01 01020304 0506",
    "socks5://alice:hunter2@proxy, 0502 0100 050000 03 04 61626364 0506"
  })
  void responseIsReadWhenItArrivesByteByByte(String url, String answer) throws Exception {
    var pipe = new MemoryPipe(1024, 1);
    CompletableFuture<Connection> wrapped = wrap(url, pipe.near());
    for (byte b : join(hex(answer), hex("74756e6e656c"))) {
      pipe.far().output().write(b);
    }
    pipe.far().closeOutput();
    Connection tunnel = wrapped.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
    assertThat(tunnel.input().readAllBytes()).asString().isEqualTo("tunnel");
  }

  private static CompletableFuture<Connection> wrap(String url, Connection carrier) {
    var wrapped = new CompletableFuture<Connection>();
    Threads.start(
        "dialler",
        () -> {
          try {
            wrapped.complete(
                ProxyTransport.through(OutboundProxy.parse(url), TARGET).wrap(carrier));
          } catch (IOException e) {
            wrapped.completeExceptionally(e);
          }
        });
    return wrapped;
  }
}
