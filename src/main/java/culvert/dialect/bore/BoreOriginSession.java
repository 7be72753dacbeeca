package culvert.dialect.bore;

import static culvert.observe.LogEvent.event;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.SilentPeerException;
import culvert.observe.LimitedLog;
import culvert.session.AnnouncedSession;
import culvert.session.DataChannels;
import culvert.session.SessionEndedException;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/**
 * A client's control connection. Nothing is ever written to it any more: bore's server would not
 * read it. The server's heartbeats are what tells a silent server from a dead one.
 */
final class BoreOriginSession extends AnnouncedSession {

  /**
   * So often within the longest silence it is looked whether anything came. Looks are counted, not
   * time: after a sleep of this process the heartbeats that came meanwhile are still to be read.
   */
  private static final int CHECKS = 8;

  private final Connection control;
  private final JsonFrames frames;
  private final ClientHandshake talk;
  private final HostPort address;
  private final Duration silence;
  private final Deadlines deadlines;
  private final LimitedLog<String> log;
  private volatile boolean heard;
  private volatile boolean silent;

  /** Checks since it was heard; the watch alone uses it. */
  private int unheard;

  /**
   * A session that has its port.
   *
   * @param address where visitors come in
   * @param silence a server that says nothing for so long is gone
   */
  BoreOriginSession(
      Connection control,
      JsonFrames frames,
      ClientHandshake talk,
      HostPort address,
      DataChannels.OfSession channels,
      Duration silence,
      Deadlines deadlines,
      LimitedLog<String> log) {
    super(control, channels);
    this.control = control;
    this.frames = frames;
    this.talk = talk;
    this.address = address;
    this.silence = silence;
    this.deadlines = deadlines;
    this.log = log;
  }

  @Override
  protected void receiveAnnouncements(String service, Listener listener) throws IOException {
    listener.served(service, List.of(address));
    var watch = deadlines.repeat(silence.dividedBy(CHECKS), this::checkSilence);
    try {
      for (; ; ) {
        heard(service);
      }
    } catch (IOException e) {
      throw silent
          ? new SilentPeerException("the server was silent for " + Durations.of(silence))
          : e;
    } finally {
      watch.cancel();
    }
  }

  private void heard(String service) throws IOException {
    ServerMessage message =
        frames
            .ofServer()
            .orElseThrow(() -> new SessionEndedException("the server closed the connection"));
    heard = true;
    switch (message) {
      case ServerMessage.Heartbeat heartbeat -> {}
      case ServerMessage.Connection(UUID id) -> fetch(id, service);
      case ServerMessage.Error(String text) ->
          log.warn("error", event("server error").with("server", address).with("cause", text));
      case ServerMessage.Hello hello -> unexpected("hello");
      case ServerMessage.Challenge challenge -> unexpected("challenge");
    }
  }

  /** The wire does not tell the visitor's address: its id is its name. */
  private void fetch(UUID id, String service) {
    var visitor =
        new Visitor(
            service,
            InetSocketAddress.createUnresolved(id.toString(), 0),
            InetSocketAddress.createUnresolved(address.host(), address.port()));
    fetch(id.toString(), visitor, fresh -> talk.accept(fresh, id));
  }

  private void unexpected(String what) {
    log.warn(
        "unexpected", event("unexpected message").with("server", address).with("message", what));
  }

  private void checkSilence() {
    unheard = heard ? 0 : unheard + 1;
    heard = false;
    if (unheard == CHECKS) {
      silent = true;
      control.reset();
    }
  }
}
