package culvert.remote;

import culvert.mux.SilentPeerException;
import culvert.net.Connection;
import culvert.net.Live;
import culvert.net.Source;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.protocol.ByeReason;
import culvert.protocol.ProtocolException;
import culvert.session.Session;
import java.io.IOException;
import java.time.Duration;

/** A session's life in its connection's thread: login, what it serves, and how it ended. */
final class SessionHandler implements AutoCloseable {

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private final Membership membership;
  private final HalfOpen halfOpen;
  private final Counters counters;
  private final Log log;
  private final Live<Session> sessions = new Live<>();

  SessionHandler(Membership membership, HalfOpen halfOpen, Counters counters, Log log) {
    this.membership = membership;
    this.halfOpen = halfOpen;
    this.counters = counters;
    this.log = log;
  }

  /** One that serves nothing is still a stranger, and keeps a stranger's place. */
  private final class Presence {
    private final Source source;
    private final Session session;
    private volatile HalfOpen.Place place;

    Presence(Connection connection, Session session, HalfOpen.Place place) {
      this.source = Source.of(connection.peer().getAddress());
      this.session = session;
      this.place = place;
      place.endWith(this::end);
    }

    void serves(boolean anything) {
      if (anything) {
        place.giveUp();
      } else {
        place = halfOpen.admit(source, this::end);
      }
    }

    private void end() {
      session.close(ByeReason.BUSY, "the session served nothing for too long");
    }

    void leave() {
      place.giveUp();
    }

    String cause() {
      if (place.lost().isEmpty()) {
        return "closed from this side";
      }
      counters.count(place.lost().get().counter());
      return "it served nothing: " + place.lost().get();
    }
  }

  /** Lives the session until it is over; the connection is closed then. */
  void live(Connection connection, Session session, HalfOpen.Place place) {
    if (!sessions.add(session)) {
      connection.close();
      return;
    }
    var presence = new Presence(connection, session, place);
    try {
      var refusal = membership.admit(session);
      if (refusal.isPresent()) {
        // It hears why when it is served.
        session.close(refusal.get().reason(), refusal.get().why());
      }
      serve(session, presence, refusal.isEmpty());
    } finally {
      membership.leave(session);
      presence.leave();
      sessions.remove(session);
      connection.close();
    }
  }

  private void serve(Session session, Presence presence, boolean admitted) {
    String title = Membership.title(session);
    if (admitted) {
      counters.count(Counter.SESSIONS);
      log.info("session begins", "origin_proxy", title);
    }
    try {
      session.serve(membership.servicesOf(presence::serves));
      if (admitted) {
        log.info("session ended", "origin_proxy", title, "cause", presence.cause());
      }
    } catch (ProtocolException e) {
      counters.count(Counter.PROTOCOL_ERRORS);
      log.warn("session broke the protocol", "origin_proxy", title, "cause", e.getMessage());
    } catch (SilentPeerException e) {
      counters.count(Counter.SESSIONS_SILENT);
      log.warn("session lost", "origin_proxy", title, "cause", e.getMessage());
    } catch (IOException e) {
      log.info("session ended", "origin_proxy", title, "cause", e.getMessage());
    }
  }

  /** Lets nobody in any more; sessions end when their last visitor has gone. */
  void drain() {
    sessions.end(Session::drain);
  }

  /** Ends every session. */
  @Override
  public void close() {
    sessions.end(session -> session.close(ByeReason.STOPPING, "the remote proxy is stopping"));
    sessions.awaitEmpty(CLOSE_LIMIT);
  }
}
