package culvert.origin;

import culvert.config.HealthCheck;
import culvert.net.Cancellation;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.ProxyHeader;
import culvert.net.ServerAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * One check of an origin server: a connection and, for HTTP, a request on it.
 *
 * @param server the origin server
 * @param check how it is checked
 * @param header version of the PROXY header that it expects on each connection, if any
 */
record HealthRequest(
    ServerAddress server, HealthCheck check, Optional<ProxyHeader.Version> header) {

  /** The first status that means a failure. */
  private static final int FIRST_FAILURE = 400;

  /** Returns whether another check asks the same server the same; its times may differ. */
  boolean isAsking(HealthRequest other) {
    return server.equals(other.server) && check.probe().equals(other.check.probe());
  }

  /**
   * Checks the server; blocks for at most the timeout of a check.
   *
   * @param cancellation ends the check
   * @throws IOException with the server and the reason, if it is not healthy
   */
  void run(Dialer dialer, Deadlines deadlines, Cancellation cancellation) throws IOException {
    long until = System.nanoTime() + check.timeout().toNanos();
    try (Connection connection = dialer.connect(server, check.timeout(), cancellation)) {
      cancellation.onCancel(connection::reset);
      Duration left = Duration.ofNanos(Math.max(0, until - System.nanoTime()));
      askWithin(left, connection, deadlines);
    }
  }

  private void askWithin(Duration limit, Connection connection, Deadlines deadlines)
      throws IOException {
    String late = "no answer within " + Durations.of(check.timeout());
    try {
      deadlines.callWithin(
          limit,
          connection::reset,
          late,
          () -> {
            ask(connection);
            return null;
          });
    } catch (IOException e) {
      throw new IOException(server + ": " + e.getMessage(), e);
    }
  }

  private void ask(Connection connection) throws IOException {
    if (header.isPresent()) {
      write(connection, ProxyHeader.writeLocal(header.get()));
    }
    if (check.probe().path().isPresent()) {
      String request =
          "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: culvert-health-check\r\nAccept: */*\r\n"
                  .formatted(check.probe().path().get(), host())
              + "Connection: close\r\n\r\n";
      write(connection, request.getBytes(StandardCharsets.US_ASCII));
      checkStatus(new HealthAnswer(connection.input()).status());
    }
  }

  /** A request needs a host, which a Unix socket has not. */
  private String host() {
    return server instanceof HostPort ? server.toString() : "localhost";
  }

  private static void write(Connection connection, byte[] bytes) throws IOException {
    connection.output().write(ByteBuffer.wrap(bytes));
  }

  private static void checkStatus(int status) throws IOException {
    if (status >= FIRST_FAILURE) {
      throw new IOException("HTTP status " + status);
    }
  }
}
