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
 * A client's control connection. Nothing is written to it after the login, because bore's server
 * would not read it. Only the server's heartbeats distinguish an idle server from a dead one.
 */
final class BoreOriginSession extends AnnouncedSession {

  /**
   * Checks for received messages within one heartbeat timeout. Checks are counted instead of time:
   * after this process was suspended, the heartbeats that arrived meanwhile are still unread.
   */
  private static final int CHECKS = 8;

  private final Connection control;
  private final JsonFrames frames;
  private final ClientHandshake handshake;
  private final HostPort address;
  private final Duration heartbeatTimeout;
  private final Deadlines deadlines;
  private final LimitedLog<String> log;
  private volatile boolean received;
  private volatile boolean timedOut;

  /** Checks since the last message; only the deadline task of the checks uses it. */
  private int checksSinceMessage;

  /**
   * Creates a session to which the server has assigned a port.
   *
   * @param address public address at which visitors connect
   * @param heartbeatTimeout the server is considered dead after this time without a message
   */
  BoreOriginSession(
      Connection control,
      JsonFrames frames,
      ClientHandshake handshake,
      HostPort address,
      DataChannels.OfSession channels,
      Duration heartbeatTimeout,
      Deadlines deadlines,
      LimitedLog<String> log) {
    super(control, deadlines, channels);
    this.control = control;
    this.frames = frames;
    this.handshake = handshake;
    this.address = address;
    this.heartbeatTimeout = heartbeatTimeout;
    this.deadlines = deadlines;
    this.log = log;
  }

  @Override
  protected void receiveAnnouncements(String service, Listener listener) throws IOException {
    listener.served(service, List.of(address));
    var watch = deadlines.repeat(heartbeatTimeout.dividedBy(CHECKS), this::checkSilence);
    try {
      for (; ; ) {
        receive(service);
      }
    } catch (IOException e) {
      throw timedOut
          ? new SilentPeerException("the server was silent for " + Durations.of(heartbeatTimeout))
          : e;
    } finally {
      watch.cancel();
    }
  }

  private void receive(String service) throws IOException {
    ServerMessage message =
        frames
            .readServerMessage()
            .orElseThrow(() -> new SessionEndedException("the server closed the connection"));
    received = true;
    switch (message) {
      case ServerMessage.Heartbeat heartbeat -> {}
      case ServerMessage.Connection(UUID id) -> fetch(id, service);
      case ServerMessage.Error(String text) ->
          log.warn(
              "error", event("server error received").with("server", address).with("cause", text));
      case ServerMessage.Hello hello -> logUnexpected("hello");
      case ServerMessage.Challenge challenge -> logUnexpected("challenge");
    }
  }

  /** The protocol does not carry the visitor's address, so its id stands in for the name. */
  private void fetch(UUID id, String service) {
    var visitor =
        new Visitor(
            service,
            InetSocketAddress.createUnresolved(id.toString(), 0),
            InetSocketAddress.createUnresolved(address.host(), address.port()));
    fetch(id.toString(), visitor, channel -> handshake.accept(channel, id));
  }

  private void logUnexpected(String message) {
    log.warn(
        "unexpected",
        event("unexpected message received").with("server", address).with("message", message));
  }

  private void checkSilence() {
    checksSinceMessage = received ? 0 : checksSinceMessage + 1;
    received = false;
    if (checksSinceMessage == CHECKS) {
      timedOut = true;
      control.reset();
    }
  }
}
