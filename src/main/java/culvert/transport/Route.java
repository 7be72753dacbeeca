package culvert.origin;

import culvert.config.OriginSettings;
import culvert.config.Via;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.transport.WayOut;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;

/** How the remote proxy is reached: straight, or through a proxy that leads outside. */
final class Route {

  private final OriginSettings settings;
  private final Dialer dialer;
  private final Deadlines deadlines;

  Route(OriginSettings settings, Dialer dialer, Deadlines deadlines) {
    this.settings = settings;
    this.dialer = dialer;
    this.deadlines = deadlines;
  }

  /**
   * A connection to the remote proxy.
   *
   * @param onAttempt is given what ends the wait, as it changes
   * @throws IOException naming who could not be reached, the proxy or what is behind it
   */
  Connection connect(Consumer<Runnable> onAttempt) throws IOException {
    if (settings.via().isEmpty()) {
      return dialer.connect(settings.remoteProxy(), settings.connectTimeout(), onAttempt);
    }
    long began = System.nanoTime();
    Connection proxy = dial(settings.via().get(), onAttempt);
    onAttempt.accept(proxy::close);
    boolean through = false;
    try {
      Duration left = settings.connectTimeout().minusNanos(System.nanoTime() - began);
      Connection connection = passThrough(settings.via().get(), proxy, left);
      through = true;
      return connection;
    } finally {
      if (!through) {
        proxy.close();
      }
    }
  }

  private Connection dial(Via via, Consumer<Runnable> onAttempt) throws IOException {
    try {
      return dialer.connect(via.proxy(), settings.connectTimeout(), onAttempt);
    } catch (IOException e) {
      throw new IOException("the proxy cannot be reached: " + e.getMessage(), e);
    }
  }

  private Connection passThrough(Via via, Connection proxy, Duration limit) throws IOException {
    HostPort target = settings.remoteProxy();
    String time = Durations.of(settings.connectTimeout());
    return deadlines.within(
        limit,
        proxy::close,
        "the proxy " + via + " did not reach " + target + " within " + time,
        () -> WayOut.through(via, target).wrap(proxy));
  }
}
