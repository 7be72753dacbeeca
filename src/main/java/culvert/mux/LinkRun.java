package culvert.mux;

import culvert.net.CloseCause;
import culvert.net.HostPort;
import culvert.net.LingeringClose;
import culvert.net.Threads;
import culvert.protocol.ByeReason;
import culvert.protocol.Message;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import java.io.IOException;

/**
 * Runs a link: starts its writer and its liveness checks, reads until the link ends, and ends all
 * that is left of it. Confined to the thread of {@link Link#run}.
 */
final class LinkRun {

  private final Link link;
  private final Link.Shared shared;
  private final LivenessTimer liveness;
  private final LinkCloser closer;

  LinkRun(Link link, Link.Shared shared, LivenessTimer liveness, LinkCloser closer) {
    this.link = link;
    this.shared = shared;
    this.liveness = liveness;
    this.closer = closer;
  }

  /** See {@link Link#run}. */
  void run() throws IOException {
    shared.eviction().add(link);
    Thread writerThread =
        Threads.start("link writer " + HostPort.of(link.connection().peer()), link.writer()::run);
    var watching = liveness.start();
    try {
      new LinkReader(link).run();
    } catch (ProtocolException e) {
      // Before the BYE lingers: no visitor may wait for this link meanwhile.
      endAll();
      sendBye(new Message.Bye(ByeReason.PROTOCOL, e.getMessage()));
      throw e;
    } catch (IOException e) {
      if (!closer.isClosing()) {
        throw cause(e);
      }
    } finally {
      watching.cancel();
      end(writerThread);
      liveness.rethrowBug();
    }
  }

  /** Sends a BYE and lets the peer read it before the connection is closed. */
  private void sendBye(Message.Bye bye) {
    link.writer().bye(bye);
    LingeringClose.drainAndClose(link.connection(), shared.deadlines());
  }

  /** Prefers the reason that the peer sent to a write error caused by its close. */
  private IOException cause(IOException ofReader) {
    if (ofReader instanceof PeerRefusedException) {
      return ofReader;
    }
    return liveness
        .failure()
        .map(IOException.class::cast)
        .or(link.writer()::failure)
        .orElse(ofReader);
  }

  private void end(Thread writerThread) {
    closer.cancel();
    endAll();
    link.writer().end();
    link.connection().close();
    link.leaveEvictionIfDone();
    join(writerThread);
  }

  /** Fails every stream and ends every flow; none can be opened from now on. */
  private void endAll() {
    // The flag is set before the sweep: an open in between sees the flag or is found by the sweep.
    link.setEnded();
    CloseCause cause = closer.isClosing() ? CloseCause.STOPPED : CloseCause.LINK_LOST;
    link.streams().failAll(cause);
    link.flows().endAll(cause);
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
