package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.RolePair;
import culvert.testing.TestClient;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;

/**
 * A remote proxy process with one service.
 *
 * @param role the process
 * @param control the control address
 * @param outside the public address
 */
record RemoteProcess(RoleProcess role, HostPort control, HostPort outside)
    implements AutoCloseable {

  /** Starts an origin proxy of this remote proxy. */
  RoleProcess origin(HostPort server, String... more) throws IOException {
    return Launcher.USUAL.origin(control, server, more);
  }

  /** Starts another remote proxy on the same ports, which must be free. */
  RemoteProcess again(String... more) throws IOException {
    return Launcher.USUAL.remoteAt(control, outside, more);
  }

  /** Connects a new visitor. */
  Socket visit() throws IOException {
    return TestClient.dial(outside);
  }

  /** Checks that a visitor of an echo server receives its answer. */
  void assertServes() throws IOException {
    try (Socket visitor = visit()) {
      visitor.getOutputStream().write('?');
      assertThat(visitor.getInputStream().read()).isEqualTo('?');
    }
  }

  /** Waits until the service works; returns the time since {@code sinceNanos}. */
  Duration awaitServing(long sinceNanos) throws Exception {
    Eventually.within(RolePair.LIMIT, this::assertServes);
    return Duration.ofNanos(System.nanoTime() - sinceNanos);
  }

  @Override
  public void close() {
    role.close();
  }
}
