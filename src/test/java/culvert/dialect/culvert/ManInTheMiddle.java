package culvert.dialect.culvert;

import culvert.net.Connection;
import culvert.net.Threads;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;

/** An attacker between the two sides: terminates the transport of each and copies the bytes. */
final class ManInTheMiddle implements AutoCloseable {

  private final AtomicLong carried = new AtomicLong();
  private final Thread thread;
  private volatile Connection outer;
  private volatile Connection inner;

  private ManInTheMiddle(Callable<Connection> outer, Callable<Connection> inner) {
    thread = Threads.start("middle", () -> run(outer, inner));
  }

  /** Starts with the handshakes, towards the origin proxy first. */
  static ManInTheMiddle start(
      Callable<Connection> towardsOrigin, Callable<Connection> towardsRemote) {
    return new ManInTheMiddle(towardsOrigin, towardsRemote);
  }

  private void run(Callable<Connection> towardsOrigin, Callable<Connection> towardsRemote) {
    try {
      outer = towardsOrigin.call();
      inner = towardsRemote.call();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    Thread back = Threads.start("middle <", () -> carry(inner, outer));
    carry(outer, inner);
    join(back);
    outer.close();
    inner.close();
  }

  private void carry(Connection from, Connection to) {
    byte[] piece = new byte[8192];
    try {
      for (int n = from.input().read(piece); n >= 0; n = from.input().read(piece)) {
        carried.addAndGet(n);
        to.output().write(piece, 0, n);
      }
      to.closeOutput();
    } catch (IOException e) {
      from.close();
      to.close();
    }
  }

  /** Returns how many bytes were copied. */
  long carried() {
    return carried.get();
  }

  @Override
  public void close() {
    for (Connection end : new Connection[] {outer, inner}) {
      if (end != null) {
        end.close();
      }
    }
    join(thread);
  }

  private static void join(Thread other) {
    try {
      other.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
